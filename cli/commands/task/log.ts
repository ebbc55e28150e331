// babysit log: prints the output of a task.
import type { LogRangeView } from '../../../src/api/schemas/log.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { counted } from '../../../src/core/counted.ts';
import { BabysitError, ERRORS, EXIT } from '../../../src/core/errors.ts';
import { lineSplitter } from '../../../src/text/line-splitter.ts';
import { shellWords } from '../../../src/text/shell.ts';
import { escapeLine } from '../../../src/text/terminal.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { parseSize } from '../../../src/units/size.ts';
import { findLog, followLog, readLog, untilStarted } from '../../client/log/read-log.ts';
import { SELECT_FLAGS, type Selected, selectTasks } from '../../client/select.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { type Ref, taskPath } from '../../input/refs.ts';
import { lineMatcher } from '../../output/log-lines.ts';
import { printError } from '../../output/output.ts';
import { untilReaderGone } from '../../output/reader-gone.ts';
import { ownExit } from '../../own-exit.ts';

const DEFAULT_TAIL = 15;
/** `--tail` without a number. */
const PLAIN_TAIL = 50;
/** With --grep alone: the last matches, of at most DEFAULT_BYTES. */
const DEFAULT_MATCHES = 200;
/** Lines left out are counted in at most this much of the log. */
const COUNTED_BYTES = 4 * 1024 * 1024;
/** Without flags: a progress bar that is drawn with carriage returns is one long line. */
const DEFAULT_BYTES = 32 * 1024;
const LINES_MAX = 10_000_000;

const FLAGS = {
  ...SELECT_FLAGS,
  tail: {
    kind: 'optional',
    value: 'N',
    short: 'n',
    help: `print the last N lines (without N: ${PLAIN_TAIL})`,
  },
  head: { kind: 'text', value: 'N', help: 'print the first N lines' },
  full: { kind: 'switch', help: 'print the whole log' },
  attempt: { kind: 'text', value: 'N', help: 'of a task that was retried: the output of this attempt' },
  since: { kind: 'text', value: '5m', help: 'print the output of this last time, to the second' },
  follow: { kind: 'switch', short: 'f', help: 'also print new output until the task ends' },
  exit_code: {
    kind: 'tristate',
    help: "with --follow: end with the task's own exit code (default); --exit_code=no: with 0",
  },
  grep: {
    kind: 'text',
    value: 'RE',
    help: `search the whole log for this regular expression and print the matching lines (the last ${DEFAULT_MATCHES}; --full: all)`,
  },
  count: { kind: 'switch', help: 'with --grep: print only how many lines match' },
  max_bytes: { kind: 'text', value: 'SIZE', help: 'print at most this many bytes' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'log (NAME... | --tag=TAG) [--tail N | --head N | --full] [--attempt N] [--since TIME] [--grep RE [--count]] [--max_bytes SIZE] [--follow [--exit_code=no]]',
  about: `Prints standard output and standard error of the task in order, as plain text; by default the last
${DEFAULT_TAIL} lines, of which it prints at most the last 32 KiB.
With several tasks, a pattern or --tag each line begins with the name of its task.
Rotated and compressed parts of the log are read as one log. Of a task that was retried it prints the last attempt.
With --follow it ends with the exit code of the task, when the task has ended.
With --json it prints one object {"name","id","lines":[...]}, and with --follow one object {"line":...} a line.`,
  flags: FLAGS,
  examples: [
    'babysit log build',
    'babysit log --tag=sweep --tail 2',
    "babysit log build --grep 'error|warning'",
    'babysit log build --since 5m --max_bytes 8K',
  ],
  run: (context, parsed) =>
    parsed.flags.follow
      ? Promise.race([showLog(context, parsed), untilReaderGone()])
      : showLog(context, parsed),
});

type Flags = Parsed<typeof FLAGS>['flags'];
type Show = (lines: readonly string[]) => void;

async function showLog(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const { flags } = parsed;
  const { tasks, isGroup } = await selectTasks(context.session, parsed, flags.follow ? 'follow' : 'log');
  const [only, ...more] = tasks;
  if (only !== undefined && more.length === 0 && !isGroup) return showOne(context, flags, only, '');
  const width = Math.max(...tasks.map(({ name }) => name.length));
  const show = (task: Selected) =>
    showOne(context, flags, task, `${task.name.padEnd(width)} | `).catch((error: unknown) => {
      if (!(error instanceof BabysitError)) throw error;
      printError(context.output, error);
      return ERRORS[error.code].exit;
    });
  const exits: number[] = flags.follow ? await Promise.all(tasks.map(show)) : [];
  if (!flags.follow) for (const task of tasks) exits.push(await show(task));
  return Math.max(EXIT.ok, ...exits);
}

async function showOne(context: Context, flags: Flags, ref: Selected, prefix: string): Promise<number> {
  await printOne(context, flags, ref, prefix);
  if (!flags.follow || flags.exit_code === false) return EXIT.ok;
  const task = await call<TaskView>(context.session, 'GET', taskPath(ref));
  // With --max_bytes or --head the task may still run.
  return task.ended_at === null ? EXIT.ok : ownExit(task);
}

/** Each line begins with `prefix`, which says whose it is. */
async function printOne(context: Context, flags: Flags, ref: Selected, prefix: string): Promise<void> {
  const { session, output } = context;
  const query = readQuery(flags);
  const maxBytes =
    flags.max_bytes === undefined ? Number.POSITIVE_INFINITY : parseSize(flags.max_bytes, '--max_bytes');
  // With --grep only the matching lines count.
  const readBytes = flags.grep === undefined ? maxBytes : Number.POSITIVE_INFINITY;
  if (flags.follow)
    await untilStarted(session, ref, () =>
      output.notify(
        { event: 'log_waits', name: ref.name },
        () => `babysit: ${ref.name} has not started yet\n`,
      ),
    );
  const read = async (onData: (chunk: Buffer) => void): Promise<void> => {
    if (isDefault(flags)) await readShort(context, ref, query, flags.follow, onData);
    else if (flags.follow && flags.head === undefined)
      await followLog(session, await findLog(session, ref, query), readBytes, onData);
    else await readLog(session, ref, query, readBytes, onData);
  };
  if (flags.count) return printCount(context, flags, ref, prefix, read);
  // Plain text also when stdout is not a terminal: only --json selects objects.
  const { json } = flags as unknown as { json: boolean };
  if (!json && !output.terminal && flags.grep === undefined && prefix === '') {
    await read((chunk) => output.data(chunk));
    return;
  }
  const asObject = json && !flags.follow ? await lineArray(context, ref, query) : null;
  const show = limited(maxBytes, (line) => {
    if (!json) output.data(prefix + textOf(line, output.terminal, prefix !== ''));
    else if (flags.follow)
      output.data(`${JSON.stringify({ ...(prefix === '' ? {} : { name: ref.name }), line: bare(line) })}\n`);
    else asObject?.add(bare(line));
  });
  if (flags.grep === undefined) await eachLine(read, show);
  else if (flags.follow) await matching(read, flags.grep, show);
  else show(await keptMatches(context, read, ref.name, flags.grep, flags));
  asObject?.end();
}

/** Prints the object of a log line by line: a whole log may be larger than a string can be. */
async function lineArray({ session, output }: Context, ref: Ref, query: URLSearchParams) {
  const { name, id } = await findLog(session, ref, query);
  output.data(`{"name":${JSON.stringify(name)},"id":${JSON.stringify(id)},"lines":[`);
  let isFirst = true;
  return {
    add(line: string) {
      output.data(`${isFirst ? '' : ','}${JSON.stringify(line)}`);
      isFirst = false;
    },
    end: () => output.data(']}\n'),
  };
}

/** A prefixed line ends with a newline, so that the next prefix begins a line. */
function textOf(line: string, isTerminal: boolean, isPrefixed: boolean): string {
  const text = bare(line);
  const end = isPrefixed ? '\n' : line.slice(text.length);
  return (isTerminal ? escapeLine(text) : text) + end;
}

/** Prints the end of the range when the range is long, and says how much it has left out. */
async function readShort(
  { session, output }: Context,
  ref: Ref,
  query: URLSearchParams,
  follow: boolean,
  onData: (chunk: Buffer) => void,
): Promise<void> {
  const range = await findLog(session, ref, query);
  noteOtherAttempts(output, range);
  const from = Math.max(range.from, range.to - DEFAULT_BYTES);
  const left = from - range.from;
  if (left > 0)
    output.notify(
      { left_out_bytes: left, hint: `Add --tail=${DEFAULT_TAIL} or --full to print all of it.` },
      () => `babysit: ${left} bytes left out; add --tail=${DEFAULT_TAIL} or --full to print all of it\n`,
    );
  else if (!follow) await noteLinesLeftOut({ session, output }, range);
  const show = left > 0 ? fromWholePiece(onData) : onData;
  if (follow) await followLog(session, { id: range.id, from }, Number.POSITIVE_INFINITY, show);
  else
    await readLog(
      session,
      range.id,
      new URLSearchParams({ from: String(from), attempt: String(range.attempt) }),
      Number.POSITIVE_INFINITY,
      show,
    );
}

function noteOtherAttempts(output: Context['output'], { name, attempt, attempts }: LogRangeView): void {
  if (attempts === 1) return;
  const hint = `babysit log ${shellWords([name])} --attempt=${attempt === 1 ? 2 : attempt - 1}`;
  output.notify(
    { message: `this is the log of attempt ${attempt} of ${attempts}`, attempt, attempts, hint },
    () => `babysit: this is the log of attempt ${attempt} of ${attempts}; another one: ${hint}\n`,
  );
}

/** A reader that does not know what is missing takes 15 lines for the whole log. */
async function noteLinesLeftOut(
  { session, output }: Pick<Context, 'session' | 'output'>,
  { id, name, from, attempt, attempts }: LogRangeView,
): Promise<void> {
  if (from === 0) return;
  let lines = 0;
  const countLines = (chunk: Buffer): void => {
    for (const byte of chunk) if (byte === 10) lines += 1;
  };
  const query = new URLSearchParams({ from: '0', attempt: String(attempt) });
  if (from <= COUNTED_BYTES) await readLog(session, id, query, from, countLines);
  const what = from <= COUNTED_BYTES ? counted(lines, 'line') : counted(from, 'byte');
  const which = attempt === attempts ? '' : ` --attempt=${attempt}`;
  const hint = `babysit log ${shellWords([name])}${which} --tail=${PLAIN_TAIL}, or --full`;
  output.notify(
    { ...(from <= COUNTED_BYTES ? { left_out_lines: lines } : { left_out_bytes: from }), hint },
    () => `babysit: ${what} left out; to see more: ${hint}\n`,
  );
}

/** Drops the piece that is cut at its start: up to a newline or carriage return, or the rest of a cut character. */
function fromWholePiece(onData: (chunk: Buffer) => void): (chunk: Buffer) => void {
  let isFirst = true;
  return (chunk) => {
    const start = isFirst ? wholePieceStart(chunk) : 0;
    isFirst = false;
    onData(chunk.subarray(start));
  };
}

function wholePieceStart(chunk: Buffer): number {
  const end = chunk.findIndex((byte) => byte === 10 || byte === 13);
  return end >= 0
    ? end + 1
    : Math.max(
        0,
        chunk.findIndex((byte) => (byte & 0xc0) !== 0x80),
      );
}

function isDefault({ tail, head, full, since, grep, max_bytes }: Flags): boolean {
  return !full && [tail, head, since, grep, max_bytes].every((flag) => flag === undefined);
}

type Read = (onData: (chunk: Buffer) => void) => Promise<void>;

async function eachLine(read: Read, show: Show): Promise<void> {
  const lines = lineSplitter();
  await read((chunk) => show(lines.push(chunk)));
  show(lines.end());
}

/** Matches in the client, so that a slow expression blocks only its own caller. */
function matching(read: Read, pattern: string, show: Show): Promise<void> {
  const match = lineMatcher(pattern);
  // Adds the newline that the last line of a log may lack.
  return eachLine(read, (lines) => show(match(lines).map((line) => `${bare(line)}\n`)));
}

/** Keeps the first matches with --head, all with --full or --since, else the last; says how many it has left out. */
async function keptMatches(
  { output }: Context,
  read: Read,
  name: string,
  pattern: string,
  flags: Flags,
): Promise<readonly string[]> {
  const { tail, head } = flags;
  const isLimited = !isWhole(flags) && tail === undefined && head === undefined;
  const asked = isWhole(flags) ? LINES_MAX : Number(tail === true ? PLAIN_TAIL : (tail ?? head));
  const limit = isLimited ? DEFAULT_MATCHES : asked;
  let kept: string[] = [];
  let found = 0;
  const cut = () => {
    kept = head === undefined ? kept.slice(-limit) : kept.slice(0, limit);
  };
  await matching(read, pattern, (lines) => {
    found += lines.length;
    kept.push(...lines);
    if (kept.length > 2 * limit) cut();
  });
  cut();
  if (isLimited && flags.max_bytes === undefined) kept = lastOf(kept, DEFAULT_BYTES);
  if (kept.length < found) noteMatchesLeftOut(output, name, pattern, found - kept.length);
  return kept;
}

/** The last lines that fit, at least one. */
function lastOf(lines: readonly string[], maxBytes: number): string[] {
  let left = maxBytes;
  const from = lines.findLastIndex((line) => {
    left -= Buffer.byteLength(line);
    return left < 0;
  });
  return lines.slice(Math.min(from + 1, lines.length - 1));
}

function noteMatchesLeftOut(output: Context['output'], name: string, pattern: string, left: number): void {
  const hint = `babysit log ${shellWords([name, `--grep=${pattern}`])} --full`;
  output.notify(
    { left_out_matches: left, hint },
    () => `babysit: ${counted(left, 'matching line')} left out; to see them: ${hint}\n`,
  );
}

/** As grep -c: how many lines match. */
async function printCount(
  { output }: Context,
  { grep, json }: Flags & { readonly json?: boolean },
  ref: Selected,
  prefix: string,
  read: Read,
): Promise<void> {
  let count = 0;
  await matching(read, grep ?? '', (lines) => {
    count += lines.length;
  });
  if (json) output.data(`${JSON.stringify({ name: ref.name, count })}\n`);
  else output.data(`${prefix}${count}\n`);
}

/** Cuts a line at the limit. */
function limited(maxBytes: number, showLine: (line: string) => void): Show {
  let left = maxBytes;
  return (lines) => {
    for (const line of lines) {
      if (left <= 0) return;
      const bytes = Buffer.from(line);
      showLine(bytes.length <= left ? line : bytes.toString('utf8', 0, left));
      left -= bytes.length;
    }
  };
}

function bare(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line;
}

function isWhole({ full, since, tail, head }: Flags): boolean {
  return full || (since !== undefined && tail === undefined && head === undefined);
}

function readQuery(flags: Flags): URLSearchParams {
  const { tail, head, full, since, grep, follow, attempt } = flags;
  if (follow && attempt !== undefined)
    throw new BabysitError('usage', '--attempt excludes --follow, which shows the last attempt');
  if ([tail !== undefined, head !== undefined, full].filter(Boolean).length > 1)
    throw new BabysitError('usage', '--tail, --head and --full exclude each other');
  if (flags.count && (grep === undefined || follow))
    throw new BabysitError('usage', '--count needs --grep, and excludes --follow', {
      hint: 'For example: babysit log NAME --grep=error --count',
    });
  const query = new URLSearchParams();
  if (isWhole(flags) || (grep !== undefined && !follow)) query.set('full', '1');
  else if (head !== undefined) query.set('head', count(head, '--head'));
  else query.set('tail', count(tail === true ? PLAIN_TAIL : (tail ?? DEFAULT_TAIL), '--tail'));
  if (attempt !== undefined) query.set('attempt', count(attempt, '--attempt'));
  // Without --head the client follows from a position.
  if (follow && head !== undefined) query.set('follow', '1');
  if (since !== undefined) query.set('since', `${parseDuration(since, '--since')}ms`);
  return query;
}

function count(text: string | number, flag: string): string {
  return String(parseCount(text, flag, 1, LINES_MAX));
}
