// babysit run --batch: reads JSON lines and prints a receipt. The lines go in requests that the daemon answers in a few seconds.
import { createReadStream, statSync } from 'node:fs';
import type { BatchBody, BatchLineView, BatchView } from '../src/api/schemas/run.ts';
import { counted } from '../src/core/counted.ts';
import { BabysitError, EXIT } from '../src/core/errors.ts';
import type { Body, Caller } from '../src/request/request.ts';
import { textOf } from '../src/text/bytes.ts';
import { isJsonObject, parseJson } from '../src/text/json.ts';
import { escapeField } from '../src/text/terminal.ts';
import { call } from './client/session.ts';
import type { Context } from './command.ts';
import { whileBusy } from './output/busy.ts';
import type { Output } from './output/output.ts';
import { standardInput } from './stream/standard-input.ts';

/** About two thousand requests. A read of a pipe may return less. */
const READ_BYTES = 256 * 1024;
/** The daemon accepts up to 10,000 lines in one request. */
const MAX_LINES = 5000;
/** A daemon on a busy host stores ten lines a second, and no answer for ANSWER_MS counts as none. */
const FIRST_LINES = 100;
const QUICK_MS = 1000;
const MAX_LINE_BYTES = 1024 ** 2;

interface Line {
  readonly number: number;
  readonly text: string;
}

type LineResult = { readonly line: number } & BatchLineView;

/**
 * `defaults` apply to each line that lacks the field. Prints refused lines in full and one receipt for the accepted ones, or
 * each line with --full. Returns 1 when a line was refused. Throws BabysitError.
 */
export async function submitBatch(
  context: Context,
  file: string,
  caller: Caller,
  defaults: Partial<Body<'run'>>,
): Promise<number> {
  const { output, full } = context;
  const receipt = new Receipt();
  const sizeBytes = file === '-' ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  let [refused, sentBytes] = [0, 0];
  const submitAll = async (): Promise<void> => {
    for await (const lines of inRequests(readLines(file), () => performance.now())) {
      const results = await submitLines(context, lines, caller, defaults, receipt);
      const shown = results.filter((result) => full || 'error' in result);
      output.data(shown.map((result) => `${JSON.stringify(result)}\n`).join(''));
      refused += results.filter((result) => 'error' in result).length;
      sentBytes += lines.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0);
    }
  };
  try {
    await whileBusy(context, 'batch', submitAll, () => (sizeBytes === 0 ? null : sentBytes / sizeBytes));
  } finally {
    // Also when a later part of the input fails: these tasks are accepted.
    if (!full) receipt.print(output, refused);
  }
  return refused === 0 ? EXIT.ok : EXIT.failed;
}

async function submitLines(
  { session, output }: Context,
  lines: readonly Line[],
  caller: Caller,
  defaults: Partial<Body<'run'>>,
  receipt: Receipt,
): Promise<LineResult[]> {
  const parsed = lines.map(({ number, text }) => ({ number, request: parse(text) }));
  const good = parsed.filter(({ request }) => !(request instanceof BabysitError));
  const body: BatchBody = {
    caller,
    lines: good.map(({ request }) => overDefaults(defaults, request)),
    ...(receipt.batch === null ? {} : { batch: receipt.batch }),
  };
  const answer = good.length === 0 ? null : await send(session, body, good);
  if (answer !== null) receipt.add(answer);
  const answers = (answer?.lines ?? []).values();
  if (answer?.warning !== undefined) output.message(`babysit: ${answer.warning}\n`);
  return parsed.map(({ number, request }) => ({
    line: number,
    ...(request instanceof BabysitError ? refusedLine(request) : (answers.next().value as BatchLineView)),
  }));
}

/** What a batch answers instead of a line for each task. */
class Receipt {
  /** Null until the daemon has answered. The later parts of the input join this batch. */
  batch: string | null = null;
  /** The batches of the accepted tasks: deduplicated ones belong to an earlier batch, or to none. */
  readonly #batches = new Set<string | undefined>();
  #first: string | null = null;
  #last = '';
  #count = 0;
  #deduplicated = 0;
  #note: string | null = null;

  add({ batch, lines }: BatchView): void {
    this.batch = batch;
    for (const line of lines) {
      if ('error' in line) continue;
      this.#first ??= line.name;
      this.#last = line.name;
      this.#count += 1;
      this.#note ??= line.note ?? null;
      if (line.deduplicated) this.#deduplicated += 1;
      this.#batches.add(line.deduplicated ? line.batch : batch);
    }
  }

  print(output: Output, refused: number): void {
    if (this.#first === null) return;
    const [first, last, count] = [this.#first, this.#last, this.#count];
    const tags = [...this.#batches].filter((batch) => batch !== undefined);
    const next = tags.length === this.#batches.size ? `babysit wait --summary --tag=${tags.join(',')}` : null;
    const view = {
      count,
      first,
      last,
      ...(this.#deduplicated === 0 ? {} : { deduplicated: this.#deduplicated }),
      ...(refused === 0 ? {} : { refused }),
      ...(this.#note === null ? {} : { note: this.#note }),
      batch: tags.join(','),
      ...(next === null ? {} : { next }),
    };
    output.result(view, () => {
      const wait = next === null ? '' : `  wait for them: ${next}\n`;
      return `queued: ${counted(count, 'task')}, ${escapeField(first)} to ${escapeField(last)}\n${wait}`;
    });
  }
}

/** Merges the variables of a line with the default ones. Every other field replaces its default. */
function overDefaults(defaults: Partial<Body<'run'>>, line: object): object {
  const { env }: { env?: unknown } = line;
  return { ...defaults, ...line, ...(isJsonObject(env) ? { env: { ...defaults.env, ...env } } : {}) };
}

async function send(
  session: Context['session'],
  body: BatchBody,
  lines: readonly Pick<Line, 'number'>[],
): Promise<BatchView> {
  try {
    const answer: BatchView = await call(session, 'POST', '/v1/batch', body);
    // The daemon stores a long batch in parts, and has stopped between two of them.
    const stored = answer.lines.findIndex((line) => 'error' in line && line.error === 'daemon_stopping');
    if (stored < 0) return answer;
    const left = { ...body, lines: body.lines.slice(stored), batch: answer.batch };
    const rest = await send(session, left, lines.slice(stored));
    return { ...rest, lines: [...answer.lines.slice(0, stored), ...rest.lines] };
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

function refusedLine({ code, message, hint }: BabysitError): BatchLineView {
  return { error: code, message, hint };
}

function parse(text: string): object | BabysitError {
  const { value, why } = parseJson(text);
  if (why !== null) return new BabysitError('usage', `invalid JSON: ${why}`, { hint: EXAMPLE });
  return isJsonObject(value) ? value : new BabysitError('usage', 'not a JSON object', { hint: EXAMPLE });
}

const EXAMPLE = 'Write one object per line, such as {"name":"a","command":"make a","estimated_time":"5m"}';

/** Few lines at first, and twice as many after each quick answer. Take the next ones after the answer. */
export async function* inRequests<T>(
  blocks: AsyncIterable<readonly T[]>,
  nowMs: () => number,
): AsyncGenerator<readonly T[]> {
  let size = FIRST_LINES;
  for await (const lines of blocks)
    for (let at = 0; at < lines.length; ) {
      const some = lines.slice(at, at + size);
      at += some.length;
      const sentAt = nowMs();
      yield some;
      size = nowMs() - sentAt < QUICK_MS ? Math.min(MAX_LINES, 2 * size) : FIRST_LINES;
    }
}

/** Yields the complete, non-empty lines of each read. */
async function* readLines(file: string): AsyncGenerator<Line[]> {
  const input = file === '-' ? standardInput() : createReadStream(file, { highWaterMark: READ_BYTES });
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
      yield lines;
    }
  } catch (error) {
    if (error instanceof BabysitError) throw error;
    throw new BabysitError('usage', `--batch: ${(error as Error).message}`, { flag: '--batch' });
  }
  const lines = take(rest);
  if (lines.length > 0) yield lines;
}
