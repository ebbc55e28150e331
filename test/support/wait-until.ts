// Waits for a condition with a deadline; the only way a test waits.
import { DEADLINE_MS } from './budget.ts';

export interface WaitOptions {
  readonly what: string;
  /** Added to the error: what there was instead. */
  readonly seen?: () => unknown;
  readonly deadlineMs?: number;
}

/** `condition` only looks: the pause before the next look grows with what it costs. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { what, seen, deadlineMs = DEADLINE_MS }: WaitOptions,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let lastLooks = LAST_LOOKS;
  for (;;) {
    const askedAt = performance.now();
    if (await condition()) return;
    const now = performance.now();
    const isLate = now > end;
    if (isLate && lastLooks === 0) {
      const instead = seen === undefined ? '' : `: ${JSON.stringify(await seen())}`;
      throw new Error(`waited ${deadlineMs} ms for ${what}${instead}`);
    }
    if (isLate) lastLooks -= 1;
    await pass(Math.max(isLate ? LAST_PAUSE_MS : LEAST_PAUSE_MS, PAUSE_FACTOR * (now - askedAt)));
  }
}

const LEAST_PAUSE_MS = 5;
/** A machine that stood still until the deadline has given no time to what is awaited. */
const LAST_LOOKS = 10;
const LAST_PAUSE_MS = 500;
/** What asks all the time takes the CPU from what it waits for. */
const PAUSE_FACTOR = 3;

/** Calls `expire` at the deadline, later if the machine stood still until then. Returns what takes it back. */
export function atDeadline(ms: number, expire: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(expire, LAST_LOOKS * LAST_PAUSE_MS);
  }, ms);
  return () => clearTimeout(timer);
}

/** Resolves when time itself has passed: for tests of a duration, where there is no condition to wait for. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
