// Streams the requested part of a log, and with `follow` also new output.
import type { LogQuery } from '../core/log-query.ts';
import { firstLines, type LogExtent, lineStart, logExtent, readLog, tailStart } from './read.ts';
import { offsetBefore } from './times.ts';

export interface LogChange {
  /** The task has ended, or the reader is gone. */
  readonly isLast: boolean;
  /** Of all output. */
  readonly end: number;
}

interface FollowedLog {
  readonly path: string;
  /** Resolves when the log may have grown, when the task has ended, and when the reader is gone. */
  changed(): Promise<LogChange>;
}

/** The current byte range of the query. */
export async function logRange(
  path: string,
  { part, sinceMs, from }: LogQuery,
  nowMs: number,
): Promise<LogExtent> {
  const kept = logExtent(path);
  const { to } = kept;
  if (from !== null) return { from: Math.min(Math.max(from, kept.from), to), to };
  const before = sinceMs === null ? 0 : offsetBefore(path, nowMs - sinceMs);
  const starts = [
    kept.from,
    // A line counts as written when it was completed.
    before >= to ? to : await lineStart(path, before),
    part.kind === 'tail' ? await tailStart(path, part.lines, to) : 0,
  ];
  return { from: Math.min(Math.max(...starts), to), to };
}

export async function* logStream(
  log: FollowedLog,
  query: LogQuery,
  nowMs: number,
): AsyncGenerator<Uint8Array> {
  const { from, to } = await logRange(log.path, query, nowMs);
  const blocks = growing(log, from, to, query.follow);
  const { part } = query;
  yield* limited(part.kind === 'head' ? firstLines(blocks, part.lines) : blocks, query.maxBytes);
}

async function* growing(log: FollowedLog, from: number, to: number, follow: boolean): AsyncGenerator<Buffer> {
  yield* readLog(log.path, from, to);
  let at = to;
  while (follow) {
    const { isLast, end } = await log.changed();
    let missing = 0;
    const blocks = readLog(log.path, at, end, (bytes) => {
      missing += bytes;
    });
    for await (const block of blocks) {
      // The reader was slower than the rotation.
      if (missing > 0)
        yield Buffer.from(`\n[babysit: ${missing} bytes of output are missing above: rotated away]\n`);
      missing = 0;
      yield block;
    }
    at = Math.max(at, end);
    if (isLast) return;
  }
}

async function* limited(blocks: AsyncIterable<Buffer>, maxBytes: number | null): AsyncGenerator<Buffer> {
  let left = maxBytes ?? Number.POSITIVE_INFINITY;
  for await (const block of blocks) {
    if (block.length >= left) {
      yield block.subarray(0, left);
      return;
    }
    left -= block.length;
    yield block;
  }
}
