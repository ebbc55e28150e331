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
  if (!json && !output.terminal) await stream(session, path, (chunk) => output.data(chunk));
  else if (!json)
    await eachLine(context, path, (line, whole) => output.data(escapeLine(line) + (whole ? '\n' : '')));
  else if (flags.follow)
    await eachLine(context, path, (line) => output.data(`${JSON.stringify({ line })}\n`));
  else await printObject(context, ref, path);
  return EXIT.ok;
}

async function printObject(context: Context, ref: string, path: string): Promise<void> {
  const { name, id } = await call<TaskView>(context.session, 'GET', taskPath(ref));
  const lines: string[] = [];
  await eachLine(context, path, (line) => lines.push(line));
  context.output.data(`${JSON.stringify({ name, id, lines })}\n`);
}

/** `whole` is false for a last line without a newline. */
async function eachLine(
  context: Context,
  path: string,
  onLine: (line: string, whole: boolean) => void,
): Promise<void> {
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

function readQuery(flags: Parsed<typeof FLAGS>['flags']): URLSearchParams {
  const parts = [flags.tail !== undefined, flags.head !== undefined, flags.full].filter(Boolean).length;
  if (parts > 1) throw new BabysitError('usage', '--tail, --head and --full exclude each other');
  const query = new URLSearchParams();
  if (flags.full) query.set('full', '1');
  else if (flags.head !== undefined) query.set('head', count(flags.head, '--head'));
  else
    query.set(
      'tail',
      count(flags.tail === undefined || flags.tail === true ? DEFAULT_TAIL : flags.tail, '--tail'),
    );
  if (flags.grep !== undefined) query.set('grep', checkRegExp(flags.grep));
  if (flags.max_bytes !== undefined)
    query.set('max_bytes', String(parseSize(flags.max_bytes, '--max_bytes')));
  if (flags.follow) query.set('follow', '1');
  return query;
}

function count(text: string | number, flag: string): string {
  return String(parseCount(text, flag, 1, LINES_MAX));
}

function checkRegExp(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new BabysitError('usage', `--grep: ${(error as Error).message}`, {
      flag: '--grep',
      hint: 'Escape . * + ? ( ) [ ] { } with a backslash.',
    });
  }
}
