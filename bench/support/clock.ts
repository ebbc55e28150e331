// A wall clock with microseconds, comparable with bash's $EPOCHREALTIME.
import { readFileSync } from 'node:fs';

/**
 * Milliseconds since the epoch, with fractions. Waits for one tick of Date.now(). Create one for each sample: the wall
 * clock may be slewed against the monotonic clock.
 */
export function fineClock(): () => number {
  const before = Date.now();
  let tick = before;
  while (tick === before) tick = Date.now();
  const offset = tick - performance.now();
  return () => offset + performance.now();
}

/** A bash command that writes the current time to `path`. */
export function stampInto(path: string): string {
  return `echo $EPOCHREALTIME >'${path}'`;
}

/** Reads the time that `stampInto` wrote, in milliseconds. */
export function readStamp(path: string): number {
  const text = readFileSync(path, 'utf8').trim();
  // The decimal separator depends on the locale.
  const seconds = Number(text.replace(',', '.'));
  if (!(seconds > 0)) throw new Error(`${path} has an invalid time: "${text}"`);
  return seconds * 1000;
}
