// babysit run --batch: reads JSON lines and prints one result per line. Each block that is read is one transaction.
import { createReadStream } from 'node:fs';
import type { BatchBody, BatchLineView } from '../src/api/schemas/run.ts';
import { BabysitError, EXIT } from '../src/core/errors.ts';
import type { Body, Caller } from '../src/request/request.ts';
import { textOf } from '../src/text/bytes.ts';
import { isJsonObject, parseJson } from '../src/text/json.ts';
import { call } from './client/session.ts';
import type { Context } from './command.ts';

/** About two thousand requests. A read of a pipe may return less. */
const READ_BYTES = 256 * 1024;
/** The daemon accepts up to 10,000 lines in one request. */
const MAX_LINES = 5000;
const MAX_LINE_BYTES = 1024 ** 2;

interface Line {
  readonly number: number;
  readonly text: string;
}

/** `defaults` apply to each line that lacks the field. Returns 1 when a line was refused. Throws BabysitError. */
export async function submitBatch(
  context: Context,
  file: string,
  caller: Caller,
  defaults: Partial<Body<'run'>>,
): Promise<number> {
  let exit: number = EXIT.ok;
  for await (const lines of readLines(file)) {
    const results = await submitLines(context, lines, caller, defaults);
    context.output.data(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
    if (results.some((result) => 'error' in result)) exit = EXIT.failed;
  }
  return exit;
}

async function submitLines(
  { session }: Context,
  lines: readonly Line[],
  caller: Caller,
  defaults: Partial<Body<'run'>>,
): Promise<({ line: number } & BatchLineView)[]> {
  const parsed = lines.map(({ number, text }) => ({ number, request: parse(text) }));
  const good = parsed.filter(({ request }) => !(request instanceof BabysitError));
  const body: BatchBody = { caller, lines: good.map(({ request }) => overDefaults(defaults, request)) };
  const answers = (good.length === 0 ? [] : (await send(session, body, lines)).lines).values();
  return parsed.map(({ number, request }) => ({
    line: number,
    ...(request instanceof BabysitError ? refused(request) : (answers.next().value as BatchLineView)),
  }));
}

/** Merges the variables of a line with the default ones. Every other field replaces its default. */
function overDefaults(defaults: Partial<Body<'run'>>, line: object): object {
  const { env }: { env?: unknown } = line;
  return { ...defaults, ...line, ...(isJsonObject(env) ? { env: { ...defaults.env, ...env } } : {}) };
}

async function send(
  session: Context['session'],
  body: BatchBody,
  lines: readonly Line[],
): Promise<{ lines: BatchLineView[] }> {
  try {
    return await call(session, 'POST', '/v1/batch', body);
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    const [first, last] = [lines[0]?.number, lines.at(-1)?.number];
    throw new BabysitError(error.code, `lines ${first} to ${last}: ${error.message}`, {
      ...error.extra,
      first_line: first,
      hint: `Lines before ${first} are accepted. If each line has a "key", you can submit the whole batch again.`,
    });
  }
}

function refused({ code, message, hint }: BabysitError): BatchLineView {
  return { error: code, message, hint };
}

function parse(text: string): object | BabysitError {
  const { value, why } = parseJson(text);
  if (why !== null) return new BabysitError('usage', `invalid JSON: ${why}`, { hint: EXAMPLE });
  return isJsonObject(value) ? value : new BabysitError('usage', 'not a JSON object', { hint: EXAMPLE });
}

const EXAMPLE = 'Write one object per line, such as {"name":"a","command":"make a","estimated_time":"5m"}';

/** Yields the complete, non-empty lines of each read. */
async function* readLines(file: string): AsyncGenerator<Line[]> {
  const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES });
  let rest = Buffer.alloc(0);
  let number = 0;
  const take = (bytes: Buffer): Line[] =>
    textOf(bytes)
      .split('\n')
      .map((text) => ({ number: ++number, text }))
      .filter(({ text }) => text.trim() !== '');
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf('\n');
      rest = bytes.subarray(end + 1);
      const lines = end < 0 ? [] : take(bytes.subarray(0, end));
      if (rest.length > MAX_LINE_BYTES)
        throw new BabysitError('usage', `line ${number + 1} is longer than 1 MiB`);
      for (let i = 0; i < lines.length; i += MAX_LINES) yield lines.slice(i, i + MAX_LINES);
    }
  } catch (error) {
    if (error instanceof BabysitError) throw error;
    throw new BabysitError('usage', `--batch: ${(error as Error).message}`, { flag: '--batch' });
  }
  const lines = take(rest);
  if (lines.length > 0) yield lines;
}
