// babysit log: what a task has printed.
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { lineSplitter } from '../../../src/text/line-splitter.ts';
import { escapeLine } from '../../../src/text/terminal.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { parseSize } from '../../../src/units/size.ts';
import { findLog, followLog, readLog } from '../../client/read-log.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { NAME_FLAG, oneRef } from '../../input/refs.ts';
import { lineMatcher } from '../../output/log-lines.ts';

const DEFAULT_TAIL = 15;
const LINES_MAX = 10_000_000;

const FLAGS = {
  ...NAME_FLAG,
  tail: { kind: 'optional', value: 'N', short: 'n', help: `the last N lines (default ${DEFAULT_TAIL})` },
  head: { kind: 'text', value: 'N', help: 'the first N lines' },
  full: { kind: 'switch', help: 'all of it' },
  since: { kind: 'text', value: '5m', help: 'what was printed within this time, to the second' },
  follow: { kind: 'switch', short: 'f', help: 'and what comes, until the task has ended' },
  grep: { kind: 'text', value: 'RE', help: 'lines that match this regular expression alone' },
  max_bytes: { kind: 'text', value: 'SIZE', help: 'not more than this' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'log NAME [--tail N | --head N | --full] [--since TIME] [--grep RE] [--follow]',
  about: `Standard output and standard error of the task, in order, as plain text; short by default.
A log that grows is rotated and packed: what is kept of it is read as one.
With --json one object {"name","id","lines":[...]}, or with --follow one {"line":...} a line.`,
  flags: FLAGS,
  examples: [
    'babysit log build',
    'babysit log build --tail 40 --grep error',
    'babysit log build --since 5m --max_bytes 8K',
  ],
  run: showLog,
});

type Flags = Parsed<typeof FLAGS>['flags'];
type Show = (lines: readonly string[]) => void;

async function showLog(context: Context, { flags, positionals }: Parsed<typeof FLAGS>): Promise<number> {
  const { session, output } = context;
  const ref = oneRef(positionals, flags.name, 'log');
  const query = readQuery(flags);
  const maxBytes =
    flags.max_bytes === undefined ? Number.POSITIVE_INFINITY : parseSize(flags.max_bytes, '--max_bytes');
  // What does not match counts for nothing.
  const readBytes = flags.grep === undefined ? maxBytes : Number.POSITIVE_INFINITY;
  const read = async (onData: (chunk: Buffer) => void): Promise<void> => {
    if (flags.follow && flags.head === undefined)
      await followLog(session, await findLog(session, ref, query), readBytes, onData);
    else await readLog(session, ref, query, readBytes, onData);
  };
  // Plain text also where stdout is no terminal: only --json asks for objects.
  const { json } = flags as unknown as { json: boolean };
  if (!json && !output.terminal && flags.grep === undefined) {
    await read((chunk) => output.data(chunk));
    return EXIT.ok;
  }
  const told: string[] = [];
  const show = limited(maxBytes, (line) => {
    if (!json) output.data(output.terminal ? escapeLine(bare(line)) + line.slice(bare(line).length) : line);
    else if (flags.follow) output.data(`${JSON.stringify({ line: bare(line) })}\n`);
    else told.push(bare(line));
  });
  if (flags.grep === undefined) await eachLine(read, show);
  else if (flags.follow) await matching(read, flags.grep, show);
  else show(await keptMatches(read, flags.grep, flags));
  if (json && !flags.follow) {
    const { name, id } = await findLog(session, ref, query);
    output.data(`${JSON.stringify({ name, id, lines: told })}\n`);
  }
  return EXIT.ok;
}

type Read = (onData: (chunk: Buffer) => void) => Promise<void>;

async function eachLine(read: Read, show: Show): Promise<void> {
  const lines = lineSplitter();
  await read((chunk) => show(lines.push(chunk)));
  show(lines.end());
}

/** Matched here and not by the daemon: an expression that takes long blocks its own caller only. */
function matching(read: Read, pattern: string, show: Show): Promise<void> {
  const match = lineMatcher(pattern);
  // A last line that matches is shown as a line, with or without its newline.
  return eachLine(read, (lines) => show(match(lines).map((line) => `${bare(line)}\n`)));
}

/** The first of them with --head, all with --full or --since, else the last. */
async function keptMatches(read: Read, pattern: string, flags: Flags): Promise<readonly string[]> {
  const { tail, head } = flags;
  const limit = isWhole(flags)
    ? LINES_MAX
    : Number(tail === true ? DEFAULT_TAIL : (tail ?? head ?? DEFAULT_TAIL));
  let kept: string[] = [];
  const cut = () => {
    kept = head === undefined ? kept.slice(-limit) : kept.slice(0, limit);
  };
  await matching(read, pattern, (lines) => {
    kept.push(...lines);
    if (kept.length > 2 * limit) cut();
  });
  cut();
  return kept;
}

/** Ends with a part of a line where the limit falls into one. */
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
  const { tail, head, full, since, grep, follow } = flags;
  if ([tail !== undefined, head !== undefined, full].filter(Boolean).length > 1)
    throw new BabysitError('usage', '--tail, --head and --full exclude each other');
  const query = new URLSearchParams();
  if (isWhole(flags) || (grep !== undefined && !follow)) query.set('full', '1');
  else if (head !== undefined) query.set('head', count(head, '--head'));
  else query.set('tail', count(tail === undefined || tail === true ? DEFAULT_TAIL : tail, '--tail'));
  // Without --head it is followed from the position where the part begins.
  if (follow && head !== undefined) query.set('follow', '1');
  if (since !== undefined) query.set('since', `${parseDuration(since, '--since')}ms`);
  return query;
}

function count(text: string | number, flag: string): string {
  return String(parseCount(text, flag, 1, LINES_MAX));
}
