// Rewrites a loop that polls: a wait with the bound of the loop, then what else the loop does, once.

import { outward } from '../shell/source.ts';
import {
  fedText,
  isAside,
  isOnly,
  isWholeList,
  removePause,
  replaceElement,
  type Work,
  waitBefore,
  waitInRun,
} from './edits.ts';
import { type Poll, steadyWork } from './find.ts';
import { flatten, isLook, isPause, type Look, type Loop, type Step } from './steps.ts';
import { awaited, boundOf, namesOf, waitText } from './wait.ts';

export function rewriteLoop(
  { loop: step, looks, after, next }: Extract<Poll, { kind: 'loop' }>,
  work: Work,
): void {
  const { element, own } = step;
  const { source } = element;
  const all = flatten([...step.clause, ...step.body]);
  if (next !== null && looks.every(({ refs }) => refs.length === 0)) {
    // Room for the next task: the daemon starts it when there is some.
    if (own.start === element.start && own.end === element.end) work.removals.add(element);
    else source.edit(own.start, own.end, 'true');
    next.element.source.edit(next.verbEnd, next.verbEnd, ' --queue');
    return;
  }
  if (step.type === 'call') {
    recursion(all, looks, work);
    return;
  }
  const [first] = looks;
  if (first === undefined) return;
  if (looks.every(({ verb }) => verb === 'ping')) {
    source.edit(own.start, own.end, inLoop(`${first.prefix}daemon-start`, first, step));
    return;
  }
  const fed = looks.find(({ fedVerb }) => fedVerb !== null);
  if (fed !== undefined) {
    const { start, end } = fed.element;
    source.edit(own.start, own.end, fedText(fed, start, end));
    return;
  }
  const changing = looks.filter((look) => look.refs.some((ref) => /\$/.test(ref)) && isChanging(look, step));
  // Output that each turn shows stays in the loop.
  const isShown = looks.some(
    ({ verb, mentions }) => verb !== 'status' && mentions.includes(step.over?.name ?? ''),
  );
  if (isShown && changing.length === 0) {
    inPlace(all, looks, work);
    return;
  }
  if (changing.length > 0) {
    const words = wordsOver(step, changing);
    if (words === null || !isPure(step)) inPlace(all, looks, work);
    else source.edit(own.start, own.end, inLoop(waitForWords(first, words), first, step));
    return;
  }
  const named = looks.find(
    (look) =>
      namesOf(look, work.context) !== null &&
      (look.verb !== 'list' || looks.every(({ verb }) => verb === 'list')),
  );
  const isUnnamedRun =
    looks.every(({ refs }) => refs.length === 0) && after?.verb === 'run' && after.name === undefined;
  if (isUnnamedRun && after !== null) {
    waitInRun(after);
    source.edit(own.start, own.end, 'true');
    return;
  }
  const bare = named === undefined ? null : loopWait(step, looks, named, all, work);
  if (bare === null) work.needsName = true;
  const left = leavesWith(step);
  const text = bare === null || left === null ? bare : `${bare} && ${left}`;
  if (isPure(step)) {
    const shown = text === null ? lookText(first, step) : shownAfter(step, looks);
    const parts = [
      ...(text === null ? [] : [text]),
      ...(shown === null ? [] : [shown]),
      ...assignedAfter(step),
    ];
    const joined = parts.join('; ');
    const isAlone =
      (parts.length === 1 && left === null) || (element.isBare ? isOnly(element) : isWholeList(element, own));
    source.edit(own.start, own.end, isAlone ? joined : `{ ${joined}; }`);
    return;
  }
  // The body runs once, after the wait. A `for` of one turn keeps its variable, break and continue valid.
  const head = `for ${step.over?.name ?? '_'} in 1; do `;
  const wait = text === null ? '' : `${text}; `;
  const isGroup = !(isOnly(element) && own.start === element.start && own.end === element.end);
  source.edit(own.start, step.inside.start, `${isGroup ? '{ ' : ''}${wait}${head}`);
  if (isGroup) source.edit(own.end, own.end, '; }');
  for (const pause of all.filter(isPause)) removePause(pause, work.removals);
}

function loopWait(step: Loop, looks: readonly Look[], named: Look, all: readonly Step[], work: Work): string {
  const names = new Set(
    looks
      .filter(({ verb }) => verb !== 'list' || named.verb === 'list')
      .flatMap(
        (look) =>
          namesOf(look, work.context, isChanging(look, step) || isOutside(look, step))?.split(' ') ?? [],
      ),
  );
  const probe = all.find((each) => each.kind === 'work' && each.need === 'probe');
  const port = probe?.kind === 'work' && names.size === 1 ? (probe.port ?? null) : null;
  const { pattern = null, event = null } = awaited(step, looks);
  const text = waitText(named, [...names].join(' '), { seconds: boundOf(step), pattern, port, event });
  return inLoop(text, named, step);
}

/** A look on another host or of another user: the loop gets the whole call. */
function inLoop(text: string, { isElsewhere, element }: Look, loop: Loop): string {
  return isElsewhere ? outward(text, element.source, loop.element.source) : text;
}

function isChanging({ mentions }: Look, { changes }: Loop): boolean {
  return mentions.some((name) => changes.has(name));
}

/** The look is in a function that the loop calls: its words have no meaning in the loop. */
function isOutside({ element }: Look, { own, element: { source } }: Loop): boolean {
  return element.source !== source || element.start < own.start || element.end > own.end;
}

/** A recursive function: it looks once, after the wait. */
function recursion(all: readonly Step[], looks: readonly Look[], work: Work): void {
  for (const each of all) {
    if (each.kind === 'pause') removePause(each, work.removals);
    else if (each.kind === 'work' && each.isRecursion === true) work.removals.add(each.element);
  }
  waitAt(looks, work);
}

/** The loop stays, because each turn looks at another task. */
function inPlace(all: readonly Step[], looks: readonly Look[], work: Work): void {
  for (const pause of all.filter(isPause)) removePause(pause, work.removals);
  waitAt(looks, work);
}

function waitAt(looks: readonly Look[], work: Work): void {
  for (const look of looks) {
    const names = namesOf(look, work.context);
    if (names === null) work.needsName = true;
    else if (isAside(look)) replaceElement(look, waitText(look, names));
    else waitBefore(look, waitText(look, names), work);
  }
}

/** The words of a `for` over tasks, when a look takes each of them as its name. */
function wordsOver({ over }: Loop, looks: readonly Look[]): string | null {
  if (over === null) return null;
  const own = [`$${over.name}`, `"$${over.name}"`, `\${${over.name}}`, `"\${${over.name}}"`];
  return looks.every(({ written }) => written?.length === 1 && own.includes(written[0] ?? ''))
    ? over.words
    : null;
}

/** The output of a command may name no task, and a wait needs one. */
function waitForWords(look: Look, words: string): string {
  const command = /^\$\(([^`]*)\)$|^`([^`]*)`$/s.exec(words)?.slice(1).find(Boolean);
  if (command === undefined) return waitText(look, words);
  const wait = waitText(look, '');
  return `${command.trim()} | xargs -r ${/^\w+=/.test(wait) ? 'env ' : ''}${wait}`;
}

/** Nothing in the loop has to run but looks, pauses and what prints them. */
function isPure(step: Loop): boolean {
  return (
    steadyWork(step).length === 0 &&
    flatten([...step.clause, ...step.body]).every(
      (each) =>
        isLook(each) ||
        isPause(each) ||
        each.kind === 'exit' ||
        each.kind === 'join' ||
        (each.kind === 'work' && each.need !== 'claims'),
    )
  );
}

/** `return 0` or `exit` in a loop leaves more than the loop. */
function leavesWith(step: Loop): string | null {
  const texts = flatten(step.body).flatMap((each) =>
    each.kind === 'exit' ? [each.element.source.text.slice(each.element.start, each.element.end)] : [],
  );
  return texts.find((text) => /^(?:exit|return)(?:\s+0)?$/.test(text)) ?? null;
}

/** The log that the loop shows is shown once, after the wait. */
function shownAfter(step: Loop, looks: readonly Look[]): string | null {
  if (step.type === 'watch') {
    const look = looks.find(({ verb }) => verb === 'log' || verb === 'file');
    const { source } = look?.element ?? {};
    return look === undefined || source === step.element.source ? null : (source?.text ?? null);
  }
  const look = looks.find(
    ({ verb, element, pattern }) =>
      (verb === 'log' || verb === 'file') &&
      pattern === null &&
      !element.isCaptured &&
      step.body.some((each) => flatten([each]).some((leaf) => isLook(leaf) && leaf.element === element)),
  );
  const text = look === undefined ? null : lookText(look, step);
  // A test shows nothing.
  return text === null || /^\s*(?:\[|test\b)/.test(text) ? null : text;
}

/** A variable that the loop takes from a look, and that is used after the loop. */
function assignedAfter({ element, own }: Loop): string[] {
  const { text } = element.source;
  const inside = text.slice(own.start, own.end);
  const after = text.slice(own.end);
  const assigned = [
    ...inside.matchAll(/\b([A-Za-z_]\w*)=\$\((?:[^()]|\([^()]*\))*\bbabysit\b(?:[^()]|\([^()]*\))*\)/g),
  ];
  return assigned.filter(([, name]) => new RegExp(`\\$\\{?${name}\\b`).test(after)).map(([whole]) => whole);
}

function lookText(look: Look, loop: Loop): string | null {
  const { element, verb, own, pattern } = look;
  if (verb === 'process' || (verb === 'status' && !element.isBare)) return inLoop('babysit list', look, loop);
  const range = pattern === null ? element : own;
  const text = element.source.text.slice(range.start, range.end).replace(/\s(?:-f|--follow)\b/, '');
  return inLoop(text, look, loop);
}
