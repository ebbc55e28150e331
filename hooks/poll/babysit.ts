// The steps of a call of babysit itself: a look, a submission with the code of its task, or a change.
import type { Word, WordPart } from 'unbash';
import { shellWord } from '../../src/text/shell.ts';
import { codeOfWord } from '../shell/code.ts';
import type { Source } from '../shell/source.ts';
import { type Field, namesIn } from '../shell/words.ts';
import { type Call, writtenFiles } from './call.ts';
import { CHANGES, LOOKS, VALUED_FLAGS, WAIT_FLAGS } from './lists.ts';
import { inSubshell } from './scope.ts';
import type { Look, Step } from './steps.ts';

export function babysitSteps(call: Call): Step[] {
  const { args, texts, element } = call;
  const at = args.findIndex(({ text }) => !text.startsWith('-'));
  const verbField = args[at];
  if (verbField === undefined || texts.includes('--help') || texts.includes('-h')) return [];
  const verb = verbField.text.toLowerCase().replaceAll('_', '-');
  const rest = args.slice(at + 1);
  if (verb === 'run' || verb === 'exec') return submission(call, verb, verbField, rest);
  const known = Object.hasOwn(LOOKS, verb) ? LOOKS[verb] : undefined;
  if (known !== undefined) return [look(call, known, verbField, rest)];
  if (CHANGES.has(verb)) {
    const { source } = call.scope;
    return [
      {
        kind: 'submit',
        verb,
        name: rest[0]?.text,
        written: source.text.slice(call.node.pos, call.node.end),
        verbEnd: verbField.word.end,
        element,
      },
    ];
  }
  return [{ kind: 'work', need: 'claims', element }];
}

function look(call: Call, verb: string, verbField: Field, rest: readonly Field[]): Look {
  const { scope, element, node, around } = call;
  const { source } = scope;
  const { refs, written, flags, isWritten } = readWords(rest, source);
  const own = element.isBare ? element : { start: node.pos, end: node.end };
  const isSplit = isSplitVerb(call, verbField);
  const before = textBefore(call, verbField, own.start);
  const hasNames = verb !== 'list' && verb !== 'ping';
  return {
    kind: 'look',
    verb,
    refs: hasNames ? refs : selectedNames(source.text.slice(element.start, element.end)),
    written: hasNames && isWritten && !isSplit ? written : null,
    prefix: prefixOf(before),
    flags,
    isFollow: false,
    isElsewhere:
      scope.isElsewhere || /\bBABYSIT_HOME=|--home\b/.test(before) || scope.variables.has('BABYSIT_HOME'),
    limit: around.limit,
    pattern: scope.pattern,
    hostNames: scope.hostNames,
    fedMark: scope.fedMark,
    mentions: namesIn(source.text.slice(node.pos, node.end)),
    fedVerb: around.isFed ? { start: verbField.word.pos, end: verbField.word.end } : null,
    element,
    own,
  };
}

/** `list | jq 'select(.name=="x")'`. */
function selectedNames(text: string): string[] {
  return [...text.matchAll(/\.name\s*==\s*\\?"([\w.-]+)/g)].map(([, name]) => name ?? '');
}

/** The verb comes from a variable that holds several words. */
function isSplitVerb(call: Call, verbField: Field): boolean {
  return !verbField.isWhole || verbField.word === call.fields[call.at]?.word;
}

function textBefore(call: Call, verbField: Field, start: number): string {
  if (!isSplitVerb(call, verbField)) return call.scope.source.text.slice(start, verbField.word.pos);
  const before = call.fields.slice(0, call.fields.indexOf(verbField));
  return `${before.map(({ text }) => shellWord(text)).join(' ')} `;
}

/** Environment, runner and path, for another call of babysit, which takes its flags after the verb. */
function prefixOf(before: string): string {
  const plain = before
    .replace(/^\s*(?:!\s+|time\s+(?:-p\s+)?)+/, '')
    .replace(/(babysit['"]?)(?:\s+--?[a-z][\w-]*)+\s+$/, '$1 ');
  return withoutLimit(plain).replace(/[ \t\\\n]+/g, ' ');
}

function withoutLimit(prefix: string): string {
  return prefix.replace(/\bg?timeout\s+(?:(?:-[sk]|--(?:signal|kill-after))[= ]\S+\s+|-\S+\s+)*\S+\s+/, '');
}

interface Words {
  readonly refs: string[];
  readonly written: string[];
  readonly flags: string[];
  /** Each reference can be pasted as it is written. */
  readonly isWritten: boolean;
}

function readWords(fields: readonly Field[], source: Source): Words {
  const refs: string[] = [];
  const written: string[] = [];
  const flags: string[] = [];
  let isWritten = true;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    if (!/^-[-A-Za-z]/.test(field.text)) {
      refs.push(field.text);
      const text = source.text.slice(field.word.pos, field.word.end);
      if (!written.includes(text)) written.push(text);
      continue;
    }
    const [typed = '', attached] = field.text.split(/=(.*)/s);
    const flag = typed.replace(/^-+/, '').replaceAll('-', '_').toLowerCase();
    const next = fields[i + 1];
    const follows =
      attached === undefined &&
      next !== undefined &&
      (VALUED_FLAGS.includes(flag) || (/^(?:tail|n)$/.test(flag) && /^\d+$/.test(next.text)));
    if (follows) i++;
    const raw = source.text.slice(field.word.pos, (follows ? next : field).word.end);
    if (flag === 'name') {
      refs.push((follows ? next?.text : attached) ?? '');
      if (follows) written.push(source.text.slice(next.word.pos, next.word.end));
      else if (field.isWhole)
        written.push(source.text.slice(field.word.pos + typed.length + 1, field.word.end));
      else isWritten = false;
    } else if (WAIT_FLAGS.includes(flag)) flags.push(raw);
  }
  return { refs, written, flags, isWritten };
}

function submission(call: Call, verb: string, verbField: Field, rest: readonly Field[]): Step[] {
  const { scope, element, node } = call;
  const { source } = scope;
  const name = flagField('name', rest)?.text;
  const task = taskSteps(call, rest);
  if (name !== undefined) noteTask(call, name, rest, prefixOf(textBefore(call, verbField, node.pos)));
  // `run --wait` and `exec` return at the end of the task: what follows is free.
  return [
    {
      kind: 'submit',
      verb,
      name,
      written: source.text.slice(verbField.word.end, node.end).trim(),
      verbEnd: verbField.word.end,
      element,
    },
    ...(task.length === 0 ? [] : [{ kind: 'job', isShellJob: false, steps: task, element } as const]),
  ];
}

/** `--flag=v` or `--flag v`. */
function flagField(
  flag: string,
  fields: readonly Field[],
): { text: string; field: Field; skip: number } | null {
  for (const [i, field] of fields.entries()) {
    if (field.text === '--') return null;
    const skip = `--${flag}=`.length;
    if (field.text.startsWith(`--${flag}=`)) return { text: field.text.slice(skip), field, skip };
    const next = fields[i + 1];
    if (field.text === `--${flag}` && next !== undefined) return { text: next.text, field: next, skip: 0 };
  }
  return null;
}

/** The steps of the task: --command, one word with spaces, or the words after `--`. */
function taskSteps(call: Call, rest: readonly Field[]): Step[] {
  const { scope, node, element } = call;
  const command = flagField('command', rest);
  const last = rest.at(-1);
  const dashes = rest.findIndex(({ text }) => text === '--');
  const inside = { ...inSubshell(scope), isCaptured: false, isTask: true, limit: undefined };
  if (command !== null) {
    const code = codeOfWord(wordFrom(command.field.word, command.skip), scope.source, scope.variables);
    return code === null ? [] : scope.shared.walk.codeSteps(code, inside);
  }
  const from = rest[dashes + 1];
  if (dashes >= 0 && from !== undefined) {
    const words = node.args.filter((arg): arg is Word => arg.type === 'Word');
    const at = words.indexOf(from.word);
    if (at < 0) return [];
    const suffix = words.slice(at + 1);
    const own = {
      ...node,
      pos: from.word.pos,
      name: from.word,
      prefix: [],
      suffix,
      args: suffix,
      redirects: [],
    };
    return scope.shared.walk.nodeSteps(own as unknown as typeof node, { ...element, isBare: false }, inside);
  }
  const quoted = rest.find(({ text }) => /\s/.test(text) && !text.startsWith('-')) ?? last;
  if (quoted === undefined || !/\s/.test(quoted.text) || quoted.text.startsWith('-')) return [];
  const code = codeOfWord(quoted.word, scope.source, scope.variables);
  return code === null ? [] : scope.shared.walk.codeSteps(code, inside);
}

/** The word without its first `skip` characters: the value of `--command='…'`. */
function wordFrom(word: Word, skip: number): Word {
  if (skip === 0) return word;
  const [first, ...more] = word.parts ?? [];
  if (first?.type !== 'Literal' || first.text.length < skip) return word;
  const pos = word.pos + skip;
  const left: WordPart[] =
    first.text.length === skip
      ? more
      : [{ ...first, pos, text: first.text.slice(skip), value: first.value.slice(skip) }, ...more];
  return { ...word, pos, text: word.text.slice(skip), value: word.value.slice(skip), parts: left };
}

function noteTask({ scope }: Call, name: string, rest: readonly Field[], prefix: string): void {
  const command = flagField('command', rest)?.text ?? rest.map(({ text }) => text).join(' ');
  scope.shared.submitted.set(name, { command, prefix });
  for (const path of writtenFiles(command)) scope.shared.taskFiles.set(path.replace(/^\.\//, ''), name);
}
