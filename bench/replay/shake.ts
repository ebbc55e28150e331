// Moves the submissions of a trace a little, to see which differences between policies mean something.
import type { Trace } from './swf.ts';

/** Each submission moves by up to `withinMs` in either direction. The same seed moves it by the same time. */
export function shaken({ processors, jobs }: Trace, seed: number, withinMs = 60_000): Trace {
  const random = mulberry32(seed);
  const moved = jobs.map((job) => ({
    ...job,
    submitMs: Math.max(0, job.submitMs + Math.round((2 * random() - 1) * withinMs)),
  }));
  return { processors, jobs: moved.sort((a, b) => a.submitMs - b.submitMs) };
}

/** Tommy Ettinger's generator: 32 bits of state, uniform in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
