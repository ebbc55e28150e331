// The JSON answer of a list in pieces: the daemon serves other requests between two of them, and waits for a slow reader.
import { setImmediate } from 'node:timers/promises';

/** A piece takes the daemon about 3 ms. */
const PIECE_ROWS = 32;
const PIECE_LENGTH = 64 * 1024;

/** `more`: the other fields of the answer. */
export async function* taskListJson(tasks: Iterable<object>, more: object = {}): AsyncGenerator<string> {
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
  const fields = JSON.stringify(more).slice(1, -1);
  yield `${piece}]${fields === '' ? '' : `,${fields}`}}`;
}
