// Repeats what a shortage of the host has prevented: it must end neither the relay nor a task.
import { shortageOf } from '../core/shortages.ts';
import { RecordsUnreadable } from '../exec/records.ts';

const RETRY_MS = 200;

/** `step` must be one that can be repeated from its beginning. */
export function untilPossible(step: () => void): void {
  if (!unlessShort(step)) setTimeout(untilPossible, RETRY_MS, step);
}

/** Returns false when a shortage has prevented it. */
export function unlessShort(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (error instanceof RecordsUnreadable || shortageOf(error) !== null) return false;
    throw error;
  }
}
