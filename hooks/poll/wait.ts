// Builds the wait that replaces a poll: the names of the tasks, the bound, the line or the port to wait for.
import { shellWord } from '../../src/text/shell.ts';
import { secondsOf } from './pauses.ts';
import type { KnownTask } from './scope.ts';
import type { Look, Loop } from './steps.ts';
import { flatten, isLook, isPause } from './steps.ts';

/** A name or an id. */
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;

export function isReference(ref: string): boolean {
  return REFERENCE.test(ref);
}

export interface Context {
  /** The tasks that the caller may mean: live ones of the project; null when the daemon was not asked. */
  readonly known: readonly KnownTask[] | null;
  /** Returns whether the daemon knows a task by this name or id, live or ended. */
  readonly exists: (ref: string) => boolean;
  /** Names that the command itself submits, with the place of each. */
  readonly submitted: ReadonlyMap<string, number>;
}

/** The words that name the tasks of a look, or null when they are not known. `isExpanded`: not as they are written. */
export function namesOf(look: Look, context: Context, isExpanded = false): string | null {
  const { refs, written } = look;
  if (refs.length > 0 && refs.every(isReference)) {
    const isReal = (ref: string) => look.isElsewhere || context.submitted.has(ref) || context.exists(ref);
    const real = [...new Set(refs.filter(isReal))];
    const isAsWritten = !isExpanded && written !== null && real.length === new Set(refs).size;
    if (isAsWritten && !written.some(isList)) return written.join(' ');
    if (real.length > 0) return real.map(shellWord).join(' ');
  } else if (isExpanded && look.mentions.some((name) => /^[\d@*]$/.test(name))) {
    // A parameter of a function has no value at another place.
    return candidate(look, context);
  } else if (written !== null && refs.some((ref) => /[$`]|\{\}/.test(ref) || ref === look.fedMark)) {
    // A name that only the shell knows stays as it is written; a substitution would run twice.
    if (!written.some((text) => /\$\(|`/.test(text))) return written.map(quoted).join(' ');
  }
  return candidate(look, context);
}

/** Braces and arrays stand for several names. */
function isList(text: string): boolean {
  return /(?:^|[^$])\{|\[[@*]\]/.test(text);
}

function quoted(text: string): string {
  return /^\$\{?\w+\}?$/.test(text) ? `"${text}"` : text;
}

/** The only task that the caller can mean, or those that a search in a list names: `list | grep build`. */
function candidate(look: Look, { known, submitted }: Context): string | null {
  if (look.isElsewhere) return null;
  const before = [...submitted].filter(([, at]) => at < look.element.start).map(([name]) => name);
  const names = [...new Set([...before, ...(known ?? []).map(({ name }) => name)])];
  const found = look.verb === 'list' ? names.filter(searchIn(look)) : [];
  if (found.length > 0) return found.map(shellWord).join(' ');
  const [only, ...more] = names;
  return only === undefined || more.length > 0 ? null : shellWord(only);
}

/** Whether the pattern of the look names a task. Words about the status are ignored. */
function searchIn({ pattern }: Look): (name: string) => boolean {
  const text = pattern?.text
    .replace(/(?:\.\*|[\s"':,]|\\s\*?)*\b(?:running|pending|paused|completed|failed|killed)\b.*$/, '')
    .replace(/^["\s]+|["\s]+$/g, '');
  if (text === undefined || text.replace(/\W/g, '') === '') return () => false;
  try {
    const expression = new RegExp(`^(?:${text})$`);
    return (name) => expression.test(name);
  } catch {
    return () => false;
  }
}

export interface WaitOptions {
  readonly seconds?: number | null;
  readonly pattern?: string | null;
  readonly port?: number | null;
  readonly event?: string | null;
}

export function waitText(look: Look, names: string, options: WaitOptions = {}): string {
  const flags = look.flags.filter((flag) => {
    const isBound = /^--?(?:timeout|log|port|event|until)\b/.test(flag);
    return look.verb === 'wait' && options.seconds == null
      ? !/^--?timeout\b/.test(flag) || isLong(flag)
      : !isBound;
  });
  const limit = look.limit === undefined ? null : durationOf(look.limit);
  const bound = options.seconds == null ? limit : `${options.seconds}s`;
  const hasBound = flags.some((flag) => flag.includes('timeout'));
  return [
    `${look.prefix}wait`,
    names,
    ...flags,
    ...(options.pattern == null ? [] : [`--log ${shellWord(options.pattern)}`]),
    ...(options.port == null ? [] : [`--port ${options.port}`]),
    ...(options.event == null ? [] : [`--event=${options.event}`]),
    ...(bound === null || hasBound ? [] : [`--timeout=${bound}`]),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** A shorter wait counts as a look, or in a loop as a step of the loop. */
const LONG_SECONDS = 30;

function secondsAtEnd(text: string): number | null {
  const found = /(\d+(?:\.\d+)?)(ms|[smhd]?)$/.exec(text);
  if (found === null) return null;
  return found[2] === 'ms' ? Number(found[1]) / 1000 : secondsOf(found[0]);
}

export function isLong(flag: string): boolean {
  return (secondsAtEnd(flag) ?? 0) >= LONG_SECONDS;
}

/** The seconds of a wait that is a step of a loop, by its own flag or by `timeout`, else null. */
export function stepSeconds({ verb, flags, limit }: Look): number | null {
  if (verb !== 'wait') return null;
  const bound = flags.find((each) => /^--?timeout\b/.test(each)) ?? limit;
  const seconds = bound === undefined ? null : secondsAtEnd(bound);
  return seconds === null || seconds >= LONG_SECONDS ? null : seconds;
}

function durationOf(limit: string): string | null {
  if (/^\d+(?:\.\d+)?$/.test(limit)) return `${limit}s`;
  return /^\d+(?:\.\d+)?[smhd]$/.test(limit) ? limit : null;
}

/** The longest time of a loop: turns × pauses, or its own clock. */
export function boundOf(loop: Loop): number | null {
  if (loop.seconds !== null) return loop.seconds > 0 ? Math.ceil(loop.seconds) : null;
  const leaves = flatten([...loop.clause, ...loop.body]);
  const pauses = leaves.filter(isPause);
  const step = leaves.filter(isLook).reduce((all, look) => all + (stepSeconds(look) ?? 0), 0);
  if (
    loop.times === null ||
    (pauses.length === 0 && step === 0) ||
    pauses.some(({ seconds }) => seconds === null)
  )
    return null;
  // A for over the tasks themselves looks at each of them once.
  if (
    loop.over !== null &&
    flatten(loop.body)
      .filter(isLook)
      .some(({ mentions }) => mentions.includes(loop.over?.name ?? ''))
  )
    return null;
  const sum = (some: typeof pauses) => some.reduce((all, { seconds }) => all + (seconds ?? 0), 0);
  const isTotal = ({ isTotal = false }) => isTotal;
  // As a bound between the pauses, a step counts only without one.
  const turn = pauses.length === 0 ? step : sum(pauses.filter((pause) => !isTotal(pause)));
  const total = Math.ceil(turn * loop.times + sum(pauses.filter(isTotal)));
  return total > 0 ? total : null;
}

/** The line that a loop waits for, or the event for a status. */
export function awaited(loop: Loop, looks: readonly Look[]): { pattern?: string; event?: string } {
  for (const look of looks) {
    const { pattern, verb } = look;
    if (pattern === null) continue;
    const isClause = loop.clause.some((step) => flatten([step]).includes(look));
    // Only a look in the code of the loop itself shows whether the loop leaves with it.
    const isOwn = look.element.source === loop.element.source;
    const appears = isClause ? (loop.type === 'until') !== pattern.isNegated : isOwn && leavesAt(look, loop);
    if (!appears && verb === 'status' && /^\W*(?:pending|queued)\W*$/i.test(pattern.text))
      return { event: 'started' };
    if (!appears) continue;
    if (verb === 'log' || verb === 'file') return { pattern: pattern.text };
    if (/^\W*(?:running|started)\W*$/i.test(pattern.text)) return { event: 'started' };
  }
  return {};
}

/** The loop ends when the pattern is found: `look | grep x && break`, `if look | grep x; then break; fi`. */
function leavesAt({ element, pattern }: Look, loop: Loop): boolean {
  const hasExit = flatten(loop.body).some(({ kind }) => kind === 'exit');
  return hasExit && pattern?.isNegated === false && element.chain.operators[element.index] !== '||';
}
