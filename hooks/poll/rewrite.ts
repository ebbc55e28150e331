// Rewrites a command that polls: each poll becomes a wait, and everything else stays in place and order.
import type { Source } from '../shell/source.ts';
import {
  fedText,
  isAside,
  isBeside,
  isOnly,
  removePause,
  replaceElement,
  strictly,
  type Work,
  waitBefore,
  waitInRun,
} from './edits.ts';
import { isDone, type Poll } from './find.ts';
import { Removals } from './remove.ts';
import { rewriteLoop } from './rewrite-loop.ts';
import type { Look, Pause, Submit } from './steps.ts';
import { type Context, isLong, namesOf, waitText } from './wait.ts';

export interface Rewritten {
  readonly command: string;
  /** The command looks first, because no single task can be meant. */
  readonly needsName: boolean;
}

const SERVER =
  /\b(?:run (?:dev|start|serve|preview|watch)|(?:npm|pnpm|yarn|bun) (?:dev|start)|serve|server|uvicorn|gunicorn|hypercorn|flask run|runserver|http\.server|rails s(?:erver)?|next dev|vite|nodemon|redis-server|postgres|mongod)\b/;

export function rewrite(source: Source, polls: readonly Poll[], context: Context): Rewritten {
  const work: Work = {
    removals: new Removals(),
    context,
    // Under `set -e` a task that failed must not end the script.
    isStrict: /\bset\s+-\w*e|\s-\w*e\w*o\s+pipefail/.test(source.text),
    needsName: false,
  };
  for (const poll of polls) rewriteOne(poll, work);
  work.removals.apply();
  unwrapShells(source);
  return { command: tidy(source.render()), needsName: work.needsName };
}

function rewriteOne(poll: Poll, work: Work): void {
  switch (poll.kind) {
    case 'sequence':
      sequence(poll, work);
      return;
    case 'trailing':
      trailing(poll, work);
      return;
    case 'follow':
      followed(poll.look, work);
      return;
    case 'retry':
      retry(poll, work);
      return;
    case 'loop':
      rewriteLoop(poll, work);
      return;
  }
}

function sequence(poll: Extract<Poll, { kind: 'sequence' }>, work: Work): void {
  const { removals } = work;
  for (const pause of poll.pauses) removePause(pause, removals);
  for (const look of poll.before)
    if (isAside(look) && isBeside(look, poll.pauses[0])) removals.add(look.element);
  const waited = new Set<string>();
  let merged: Merged | null = null;
  for (const look of poll.looks) {
    if (look.verb === 'wait_for_capacity' || isDone(poll.after)) continue;
    if (look.verb === 'wait') {
      const names = namesOf(look, work.context);
      if (names === null) continue;
      waited.add(names);
      // A wait that is shorter than a poll was a look.
      if (look.element.isBare && look.flags.some((flag) => /timeout/.test(flag) && !isLong(flag)))
        replaceElement(look, waitText(look, names));
      continue;
    }
    if (look.verb === 'ping') {
      if (isAside(look)) replaceElement(look, `${look.prefix}daemon-start`);
      continue;
    }
    const unnamed = look.refs.length === 0 && poll.after?.verb === 'run' && poll.after.name === undefined;
    if (unnamed && poll.after !== null) {
      waitInRun(poll.after);
      if (isAside(look)) removals.add(look.element);
      continue;
    }
    if (look.fedVerb !== null) {
      const { start, end } = look.own;
      look.element.source.edit(start, end, fedText(look, start, end));
      continue;
    }
    const names = namesOf(look, work.context);
    if (names === null) {
      work.needsName = true;
      continue;
    }
    if (waited.has(names)) continue;
    const pattern = isQuietGrep(look) ? look.pattern?.text : null;
    const seconds = isServer(poll.after, names, work.context) ? pausedSeconds(poll.pauses) : null;
    const text = waitText(look, names, { pattern: pattern ?? null, seconds });
    if (merged !== null && isAside(look) && isNext(merged, look)) {
      removals.add(look.element);
      merged.names = [...new Set([...merged.names.split(' '), ...names.split(' ')])].join(' ');
      merged.index = look.element.chain.index;
      replaceElement(merged.look, waitText(merged.look, merged.names));
      continue;
    }
    if (isAside(look)) {
      const strict = strictly(text, look.element, work);
      replaceElement(look, strict);
      merged = strict === text ? { look, names, index: look.element.chain.index } : null;
    } else waitBefore(look, text, work);
    waited.add(names);
  }
}

/** A server does not end: the wait is as long as the pause was. */
function isServer(after: Submit | null, names: string, { known }: Context): boolean {
  const command = known?.find(({ name }) => name === names)?.command ?? '';
  return SERVER.test(command) || (after?.verb === 'run' && SERVER.test(after.written));
}

function pausedSeconds(pauses: readonly Pause[]): number | null {
  const total = pauses.reduce<number | null>(
    (sum, { seconds }) => (sum === null || seconds === null ? null : sum + seconds),
    0,
  );
  return total === null || total === 0 ? null : Math.ceil(total);
}

/** Waits for several tasks in one command. */
interface Merged {
  readonly look: Look;
  names: string;
  /** The statement of the last of them. */
  index: number;
}

/** `status` before a pause at the end: the pause becomes the wait. */
function trailing({ pauses, look, after }: Extract<Poll, { kind: 'trailing' }>, work: Work): void {
  const [first, ...more] = pauses;
  const names = isDone(after) || first === undefined ? null : namesOf(look, work.context);
  if (names === null) work.needsName ||= !isDone(after);
  for (const pause of more) removePause(pause, work.removals);
  if (first === undefined) return;
  if (names === null || look.verb === 'ping' || look.verb === 'wait') {
    removePause(first, work.removals);
    return;
  }
  const range = first.element.isBare ? first.element : first.own;
  first.element.source.edit(range.start, range.end, waitText(look, names));
  if (isAside(look) && isBeside(look, first)) work.removals.add(look.element);
}

function followed(look: Look, work: Work): void {
  const names = namesOf(look, work.context);
  const { element, own } = look;
  const { source } = element;
  if (names === null) {
    work.needsName = true;
    source.edit(own.start, own.end, 'babysit list');
    return;
  }
  if (element.isBare) {
    const text =
      look.verb === 'process' ? waitText(look, names) : `${waitText(look, names)}; babysit log ${names}`;
    source.edit(element.start, element.end, isOnly(element) ? text : `{ ${text}; }`);
    return;
  }
  const rest = source.text.slice(own.end, element.end).replace(/'[^']*'|"[^"]*"/g, '');
  const isSearch =
    look.pattern !== null && /^\s*\|&?\s*(?:[ef]?grep|rg)\b[^|]*$/.test(rest) && own.start === element.start;
  if (isSearch)
    source.edit(element.start, element.end, waitText(look, names, { pattern: look.pattern?.text ?? null }));
  else {
    const limit = look.limit === undefined ? '' : `timeout ${look.limit} `;
    source.edit(own.start, own.end, `${limit}${look.prefix}log ${names} --follow`);
  }
}

function retry({ loop: around, runs, pauses }: Extract<Poll, { kind: 'retry' }>, work: Work): void {
  const [first, second] = runs;
  if (first === undefined) return;
  const { source } = first.element;
  source.edit(first.verbEnd, first.verbEnd, ' --queue');
  if (around === null) {
    for (const pause of pauses) removePause(pause, work.removals);
    if (second !== undefined) work.removals.add(second.element);
    return;
  }
  const { element, own } = around;
  const text = source.text.slice(first.element.start, first.element.end);
  const at = first.verbEnd - first.element.start;
  const queued = `${text.slice(0, at)} --queue${text.slice(at)}`.replace(/^!\s+/, '');
  element.source.edit(own.start, own.end, queued);
}

/** `bash -c 'babysit wait x'` is `babysit wait x`. */
function unwrapShells(source: Source): void {
  for (const inner of source.inner) {
    unwrapShells(inner);
    const { runner } = inner;
    if (runner === null || !inner.isEdited || inner.host?.source !== source) continue;
    const text = inner.render().trim();
    if (!/^(?:\w+=[\w./]+ )*[\w./~-]+ wait(?: [\w./:=@%+-]+)*$/.test(text)) continue;
    const bound =
      runner.limit === undefined || text.includes('--timeout')
        ? ''
        : ` --timeout=${/\d$/.test(runner.limit) ? `${runner.limit}s` : runner.limit}`;
    source.edit(runner.start, runner.end, `${text}${bound}`);
  }
}

function tidy(command: string): string {
  // Two polls of the same task in a row become one wait.
  const once = command.replace(/(?<=^|[;\n]\s*)([\w./~-]+ wait [^;&|\n]+); (?=\1(?:[;\n]|$))/g, '');
  return once.replace(/^[\s;]+|[\s;]+$/g, '');
}

function isNext(before: Merged, look: Look): boolean {
  const { chain } = look.element;
  const isSame = chain.list === before.look.element.chain.list && chain.elements.length === 1;
  return (
    isSame &&
    before.look.prefix === look.prefix &&
    !look.element.isCaptured &&
    chain.index - before.index === 1
  );
}

/** `grep -q` waits for a line; another grep shows lines. */
function isQuietGrep({ verb, element, own }: Look): boolean {
  const rest = element.source.text.slice(own.end, element.end);
  return (verb === 'log' || verb === 'file') && /\bgrep\s+(?:-\w*\s+)*-\w*q|\bgrep\s+-\w*m\s?1\b/.test(rest);
}
