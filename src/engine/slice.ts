// The time that one turn of the event loop may take: work in proportion to clients, tasks or requests is done in slices, and
// between two of them the daemon answers others.
import { setImmediate } from 'node:timers/promises';
import type { Steps } from '../core/steps.ts';

export const SLICE_MS = 8;

/** Returns whether the slice that begins now is over. `monoMs`: the monotonic clock. */
export function beginSlice(monoMs: () => number): () => boolean {
  const endMs = monoMs() + SLICE_MS;
  return () => monoMs() >= endMs;
}

export async function inSlices<T>(steps: Steps<T>, monoMs: () => number): Promise<T> {
  for (; ; await setImmediate()) {
    const isTimeOver = beginSlice(monoMs);
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (!isTimeOver());
  }
}
