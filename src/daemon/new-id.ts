// The ids of tasks, leases and requests: each is greater than the ones before, also when the clock was set back.
import { randomInt } from 'node:crypto';
import { decodeTime, monotonicFactory } from 'ulid';

/** `newest`: the greatest id so far; null without any. The queue keeps its order by the ids. */
export function newIds(newest: string | null): (nowMs: number) => string {
  // The default random source of ulid makes one system call per letter.
  const newId = monotonicFactory(() => randomInt(2 ** 32) / 2 ** 32);
  // The factory takes no time before that of its last id.
  if (newest !== null) newId(decodeTime(newest) + 1);
  return newId;
}
