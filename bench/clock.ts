// A wall clock finer than Date.now(), to be compared with bash's $EPOCHREALTIME.
import { readFileSync } from 'node:fs';

/**
 * Milliseconds since the epoch with microseconds behind the point. Waits for the next tick of Date.now() once, so
 * take one for each sample: the wall clock may be slewed against the monotonic one in between.
 */
export function fineClock(): () => number {
  const before = Date.now();
  let tick = before;
  while (tick === before) tick = Date.now();
  const offset = tick - performance.now();
  return () => offset + performance.now();
}

/** A bash command that writes the moment it runs into `path`. */
export function stampInto(path: string): string {
  return `echo $EPOCHREALTIME >'${path}'`;
}

/** What `stampInto` left, in milliseconds. */
export function readStamp(path: string): number {
  const text = readFileSync(path, 'utf8').trim();
  // The decimal sign follows the locale.
  const seconds = Number(text.replace(',', '.'));
  if (!(seconds > 0)) throw new Error(`${path} holds no time: "${text}"`);
  return seconds * 1000;
}
