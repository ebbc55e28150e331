// babysit log: what a task has printed.
import type { TaskView } from '../../src/api/shapes.ts';
import { BabysitError, EXIT } from '../../src/core/errors.ts';
import { parseCount } from '../../src/units/number.ts';
import { parseSize } from '../../src/units/size.ts';
import type { FlagSpecs, Parsed } from '../argv.ts';
import { type Context, defineCommand } from '../command.ts';
import { escapeLine } from '../escape.ts';
import { NAME_FLAG, oneRef, taskPath } from '../refs.ts';
import { call, stream } from '../session.ts';

const DEFAULT_TAIL = 15;
const LINES_MAX = 10_000_000;

const FLAGS = {
  ...NAME_FLAG,
  tail: { kind: 'optional', value: 'N', short: 'n', help: `the last N lines (default ${DEFAULT_TAIL})` },
  head: { kind: 'text', value: 'N', help: 'the first N lines' },
  full: { kind: 'switch', help: 'all of it' },
  follow: { kind: 'switch', short: 'f', help: 'and what comes, until the task has ended' },
  grep: { kind: 'text', value: 'RE', help: 'lines that match this regular expression alone' },
  max_bytes: { kind: 'text', value: 'SIZE', help: 'not more than this' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'log NAME [--tail N | --head N | --full] [--grep RE] [--follow]',
  about: `Standard output and standard error of the task, in order, as plain text; short by default.
With --json one object {"name","id","lines":[...]}, or with --follow one {"line":...} a line.`,
  flags: FLAGS,
  examples: ['babysit log build', 'babysit log build --tail 40 --grep error'],
  run: showLog,
});

async function showLog(context: Context, { flags, positionals }: Parsed<typeof FLAGS>): Promise<number> {
  const { session, output } = context;
  const ref = oneRef(positionals, flags.name, 'log');
  const path = taskPath(ref, `/log?${readQuery(flags)}`);
  // Plain text also where stdout is no terminal: only --json asks for objects.
  const json = (flags as unknown as { json: boolean }).json;
  const print: OnLine = output.terminal
    ? (line, whole) => output.data(escapeLine(line) + (whole ? '\n' : ''))
    : (line, whole) => output.data(line + (whole ? '\n' : ''));
  const printJson = (line: string) => output.data(`${JSON.stringify({ line })}\n`);
  const pattern = flags.grep === undefined ? null : readRegExp(flags.grep);
  if (pattern !== null && flags.follow)
    await eachLine(context, path, (line) => {
      if (pattern.test(line)) (json ? printJson : print)(line, true);
    });
  else if (pattern !== null) {
    const lines = await grepLines(context, path, pattern, flags);
    if (json) await printObject(context, ref, lines);
    else for (const line of lines) print(line, true);
  } else if (!json && !output.terminal) await stream(session, path, (chunk) => output.data(chunk));
  else if (!json) await eachLine(context, path, print);
  else if (flags.follow) await eachLine(context, path, printJson);
  else {
    const lines: string[] = [];
    await eachLine(context, path, (line) => lines.push(line));
    await printObject(context, ref, lines);
  }
  return EXIT.ok;
}

type OnLine = (line: string, whole: boolean) => void;
type Flags = Parsed<typeof FLAGS>['flags'];

/**
 * The matching lines of the log: the first of them with --head, all with --full, else the last. They are matched here
 * and not by the daemon: an expression that takes for ever shall block its own caller only.
 */
async function grepLines(context: Context, path: string, pattern: RegExp, flags: Flags): Promise<string[]> {
  const keep = flags.head ?? flags.tail;
  const limit = flags.full
    ? Number.POSITIVE_INFINITY
    : keep === undefined || keep === true
      ? DEFAULT_TAIL
      : Number(keep);
  const lines: string[] = [];
  await eachLine(context, path, (line) => {
    if (!pattern.test(line) || (flags.head !== undefined && lines.length >= limit)) return;
    lines.push(line);
    if (lines.length > limit) lines.shift();
  });
  return lines;
}

async function printObject(context: Context, ref: string, lines: readonly string[]): Promise<void> {
  const { name, id } = await call<TaskView>(context.session, 'GET', taskPath(ref));
  context.output.data(`${JSON.stringify({ name, id, lines })}\n`);
}

/** `whole` is false for a last line without a newline. */
async function eachLine(context: Context, path: string, onLine: OnLine): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  await stream(context.session, path, (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line, true);
  });
  rest += decoder.decode();
  if (rest !== '') onLine(rest, false);
}

function readQuery(flags: Flags): URLSearchParams {
  const parts = [flags.tail !== undefined, flags.head !== undefined, flags.full].filter(Boolean).length;
  if (parts > 1) throw new BabysitError('usage', '--tail, --head and --full exclude each other');
  if (flags.grep !== undefined && flags.max_bytes !== undefined)
    throw new BabysitError(
      'usage',
      '--grep does not go with --max_bytes: choose lines with --head or --tail',
    );
  const query = new URLSearchParams();
  if (flags.full || (flags.grep !== undefined && !flags.follow)) query.set('full', '1');
  else if (flags.head !== undefined) query.set('head', count(flags.head, '--head'));
  else
    query.set(
      'tail',
      count(flags.tail === undefined || flags.tail === true ? DEFAULT_TAIL : flags.tail, '--tail'),
    );
  if (flags.max_bytes !== undefined)
    query.set('max_bytes', String(parseSize(flags.max_bytes, '--max_bytes')));
  if (flags.follow) query.set('follow', '1');
  return query;
}

function count(text: string | number, flag: string): string {
  return String(parseCount(text, flag, 1, LINES_MAX));
}

function readRegExp(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new BabysitError('usage', `--grep: ${(error as Error).message}`, {
      flag: '--grep',
      hint: 'Escape . * + ? ( ) [ ] { } with a backslash.',
    });
  }
}
