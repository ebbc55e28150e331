// A task's log as the caller asked for it: part, limit, and what is still being written.
import { statSync } from 'node:fs';
import type { LogQuery } from '../api/service.ts';
import { logSize, readRange, splitLines, tailOffset } from '../exec/log-file.ts';

export interface FollowedLog {
  readonly path: string;
  /** Resolves when output may have grown or the task has ended; true: it has ended. */
  changed(): Promise<boolean>;
}

export async function* logStream(log: FollowedLog, query: LogQuery): AsyncGenerator<Uint8Array> {
  if (statSync(log.path, { throwIfNoEntry: false }) === undefined && !query.follow) return;
  yield* limited(parts(log, query), query.maxBytes);
}

async function* parts(log: FollowedLog, query: LogQuery): AsyncGenerator<Buffer> {
  const exists = () => statSync(log.path, { throwIfNoEntry: false }) !== undefined;
  let position = 0;
  if (exists()) {
    const end = logSize(log.path);
    if (query.part.kind === 'head') {
      let left = query.part.lines;
      for await (const line of splitLines(readRange(log.path, 0, end))) {
        yield line;
        left -= 1;
        if (left === 0) return;
      }
    } else {
      const from = query.part.kind === 'full' ? 0 : tailOffset(log.path, query.part.lines);
      yield* readRange(log.path, from, end);
    }
    position = end;
  }
  while (query.follow) {
    const hasEnded = await log.changed();
    const end = exists() ? logSize(log.path) : position;
    if (end > position) yield* readRange(log.path, position, end);
    position = end;
    if (hasEnded) return;
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
