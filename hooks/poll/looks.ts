// Recognizes a look at a task that does not call babysit: its log, its pid, a file that it writes, the socket.
import type { SyntaxNode, Word } from 'unbash';
import { forEachChild } from 'unbash';
import { namesIn, textsOf } from '../shell/words.ts';
import { isStatePath, taskOfPath } from '../state-files.ts';
import { type Call, isFollowing, isProcessFilter, plainPath, writtenFiles } from './call.ts';
import { grepPattern } from './filters.ts';
import { FOLLOWERS, FOREIGN_LOOK, PROCESS_VIEWERS, READERS } from './lists.ts';
import { type Scope, tasksOfVariables } from './scope.ts';
import type { Element, Look, Range } from './steps.ts';

/** The look of a program that reads what babysit hands out, else null. */
export function readLook(call: Call, own: Range): Look[] | null {
  const { name, texts, scope, element, args } = call;
  if (name === 'curl' && texts.some((text) => text.endsWith('daemon.sock') || text.endsWith('observe.sock')))
    return [lookAt(curlRefs(texts), 'status', element, own, scope, call)];
  if (PROCESS_VIEWERS.has(name)) {
    const refs = processRefs(call);
    if (refs !== null)
      return [{ ...lookAt(refs, 'process', element, own, scope, call), isFollow: name === 'tail' }];
  }
  if (isProcessFilter(call)) {
    const refs = patternTasks(texts.filter((text) => !text.startsWith('-')).at(0) ?? '', scope);
    if (refs !== null) return [{ ...lookAt(refs, 'process', element, own, scope, call), pattern: null }];
  }
  if (!READERS.has(name) || name === 'kill') return null;
  if (/^(?:test|\[)$/.test(name) && !texts.some((text) => /^-[defhsrw]$/.test(text))) return null;
  const isFed = call.around.isFed && scope.fedMark === null && scope.inputTasks !== null;
  const found = [
    ...args.map(({ text, word }) => taskOfText(text, word, scope)),
    ...(isFed ? [scope.inputTasks?.[0] ?? ''] : []),
  ];
  const refs = found.flatMap((ref) => (ref === null || ref === '' ? [] : [ref]));
  if (found.every((ref) => ref === null)) return null;
  const isFollow = FOLLOWERS.has(name) || isFollowing(name, texts);
  const isLog = !texts.some((text) => taskOfPath(text) !== null && !text.endsWith('.log'));
  const pattern = !isLog
    ? null
    : /^(?:[ef]?grep|rg)$/.test(name)
      ? grepPattern(name, texts, scope.isNegated)
      : scope.pattern;
  // A watcher shows no lines.
  const verb = /^(?:inotifywait|fswatch)$/.test(name) ? 'process' : 'file';
  return [{ ...lookAt(refs, verb, element, own, scope, call), isFollow, pattern }];
}

/** The name or id of the task whose file, pid or log it is; '' when only the state directory is known; else null. */
function taskOfText(text: string, word: Word, scope: Scope): string | null {
  const id = taskOfPath(text);
  if (id !== null) return id;
  const path = plainPath(text);
  const own = scope.shared.taskFiles.get(path);
  if (own !== undefined) return own;
  for (const { name, log_path: log, command, cwd, pid } of scope.shared.known) {
    if (log !== null && text === log) return name;
    if (pid !== null && new RegExp(`^/proc/${pid}(?:/|$)`).test(text)) return name;
    const files = path.length < 3 ? [] : writtenFiles(command).map(plainPath);
    if (files.some((file) => file === path || `${cwd}/${file}` === path)) return name;
  }
  const tasks = tasksOfWord(text, word, scope);
  if (tasks !== null) return tasks[0] ?? '';
  return handedOut(word) ?? (isStatePath(text, scope.variables) ? '' : null);
}

/** The tasks that a variable, or a word that `xargs` fills in, comes from. */
function tasksOfWord(text: string, word: Word, scope: Scope): readonly string[] | null {
  const { fedMark, inputTasks } = scope;
  if (fedMark !== null && text.includes(fedMark)) return inputTasks;
  return tasksOfVariables(word.text, scope);
}

/** The task of `$(babysit status NAME | …)`. */
export function handedOut(word: Word): string | null {
  return /\$\([^)]*\bbabysit\s+status\s+(?:--?\S+\s+)*([\w.-]+)/.exec(word.text)?.[1] ?? null;
}

/** The tasks of `kill -0 PID`, `ps -p PID`, `pgrep -f PATTERN`, `tail --pid=PID`. */
function processRefs({ name, texts, args, scope, around }: Call): readonly string[] | null {
  if (name === 'kill' && !(texts[0] === '-0' || (texts[0] === '-s' && texts[1] === '0'))) return null;
  if (name === 'tail' && !texts.some((text) => text.startsWith('--pid'))) return null;
  if (name === 'pgrep' || name === 'pidof') {
    const pattern = texts.filter((text) => !text.startsWith('-')).at(-1) ?? '';
    return patternTasks(pattern, scope);
  }
  if (around.isFed && scope.fedMark === null) return scope.inputTasks;
  for (const { text, word } of args) {
    const tasks = tasksOfWord(text, word, scope);
    if (tasks !== null) return tasks;
    const own = handedOut(word);
    if (own !== null) return [own];
    const pid = Number(/(\d+)$/.exec(text)?.[1] ?? Number.NaN);
    const task = scope.shared.known.find((known) => known.pid !== null && known.pid === pid);
    if (task !== undefined) return [task.name];
  }
  return null;
}

/** The tasks of a pattern of processes: those of a `babysit wait`, and those whose command matches. */
function patternTasks(pattern: string, scope: Scope): readonly string[] | null {
  const waits = /(?:babysit|\[b\]abysit)\s+wait\b\s*(.*)$/.exec(pattern);
  if (waits !== null) return (waits[1] ?? '').split(/\s+/).filter((ref) => /^[\w.-]+$/.test(ref));
  return matchingTasks(pattern, scope);
}

/** The live tasks whose command matches; null for a pattern without one, or one that fits almost everything. */
export function matchingTasks(pattern: string, { shared }: Pick<Scope, 'shared'>): readonly string[] | null {
  if (pattern.length < 3) return null;
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch {
    return null;
  }
  const own = [...shared.submitted].map(([name, { command }]) => ({ name, command }));
  const found = [...own, ...shared.known].filter(({ command }) => expression.test(command));
  return found.length === 0 ? null : found.map(({ name }) => name);
}

/** `< FILE` of a file of babysit. */
export function pathLook(paths: readonly string[], node: SyntaxNode, element: Element, scope: Scope): Look[] {
  const word = ('target' in node ? node.target : undefined) as Word | undefined;
  const found = paths.map((path) => (word === undefined ? null : taskOfText(path, word, scope)));
  if (found.every((ref) => ref === null)) return [];
  const refs = found.flatMap((ref) => (ref === null || ref === '' ? [] : [ref]));
  return [lookAt(refs, 'file', element, { start: node.pos, end: node.end }, scope)];
}

/** `[[ -f FILE ]]` of a file of babysit, `[[ -d /proc/$PID ]]`. */
export function testedLook(node: SyntaxNode, element: Element, scope: Scope): Look[] {
  if (!/\s-[defhsrw]\s/.test(scope.source.text.slice(node.pos, node.end))) return [];
  const words: Word[] = [];
  const collect = (child: SyntaxNode): void => {
    if (child.type === 'Word') words.push(child);
    else forEachChild(child, collect);
  };
  forEachChild(node, collect);
  const found = words.flatMap((word) =>
    textsOf(word, scope.variables).map((text) => taskOfText(text, word, scope)),
  );
  if (found.every((ref) => ref === null)) return [];
  const refs = found.flatMap((ref) => (ref === null || ref === '' ? [] : [ref]));
  return [lookAt(refs, 'file', element, { start: node.pos, end: node.end }, scope)];
}

function curlRefs(texts: readonly string[]): string[] {
  const ref = texts
    .map((text) => /\/v1\/tasks\/([^/?]+)/.exec(text)?.[1])
    .find((found) => found !== undefined);
  return ref === undefined ? [] : [decodeURIComponent(ref)];
}

/** A look in the code of another language: the name follows the verb. */
export function babysitLook(call: Call, own: Range, code: string): Look {
  const [, verb = 'status', name] = FOREIGN_LOOK.exec(code) ?? [];
  // A script may take the name as an argument: `python3 poll.py build`.
  const [file, ...args] = call.texts.filter((text) => !text.startsWith('-'));
  const given = file !== undefined && call.scope.shared.scripts.has(plainPath(file)) ? args : [];
  const refs = isForeignName(name, code) ? [name] : given;
  return lookAt(refs, verb, call.element, own, call.scope, call);
}

/** A name is a part of a text. A word outside of one is a variable. */
function isForeignName(name: string | undefined, code: string): name is string {
  if (name === undefined || /^(?:json|full)$/.test(name)) return false;
  return new RegExp(`babysit\\s+\\w+\\s+${name}\\b|["'\`]${name}["'\`]`).test(code);
}

function lookAt(
  refs: readonly string[],
  verb: string,
  element: Element,
  own: Range,
  scope: Scope,
  call?: Call,
): Look {
  return {
    kind: 'look',
    verb,
    refs: [...new Set(refs)],
    written: null,
    prefix: scope.shared.submitted.get(refs[0] ?? '')?.prefix ?? 'babysit ',
    flags: [],
    isFollow: false,
    isElsewhere: scope.isElsewhere,
    limit: call?.around.limit,
    pattern: scope.pattern,
    hostNames: scope.hostNames,
    fedMark: scope.fedMark,
    mentions: call === undefined ? [] : namesIn(scope.source.text.slice(call.node.pos, call.node.end)),
    fedVerb: null,
    element,
    own,
  };
}
