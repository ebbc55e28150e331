// The JSON answer of a list in pieces: the daemon serves other requests between two of them, and waits for a slow reader.
import { setImmediate } from 'node:timers/promises';
import type { TaskPage } from '../schemas/task.ts';

/** A piece takes the daemon about 3 ms. */
const PIECE_ROWS = 32;
const PIECE_LENGTH = 64 * 1024;

export async function* taskListJson({ tasks, next }: TaskPage): AsyncGenerator<string> {
  let piece = '{"tasks":[';
  let rows = 0;
  for (const task of tasks) {
    piece += `${rows === 0 ? '' : ','}${JSON.stringify(task)}`;
    rows += 1;
    if (rows % PIECE_ROWS !== 0 && piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
    await setImmediate();
  }
  yield `${piece}],"next":${JSON.stringify(next)}}`;
}
