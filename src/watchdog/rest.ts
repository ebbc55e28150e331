// A task at rest: while its samples are equal, only clocks move, so the judge need not see each of them. Pure.
import type { Now } from '../core/clock.ts';
import type { Verdict } from './judge.ts';
import { applySample, type Sample, type Thresholds, type WatchState } from './state.ts';

export interface Rest {
  /** After `sample`. */
  readonly state: WatchState;
  readonly sample: Sample;
  /** Monotonic ms of the next rule that depends on time alone. */
  readonly untilMs: number;
}

/** No window grows at rest. */
const NO_THRESHOLDS: Thresholds = {
  memBytes: Number.POSITIVE_INFINITY,
  cpuCores: Number.POSITIVE_INFINITY,
  silentMs: Number.POSITIVE_INFINITY,
  claimedCores: Number.POSITIVE_INFINITY,
};

/** Null unless an equal sample a moment later would change nothing but clocks. `verdict`: of `sample`, without a dry run. */
export function restAfter({ state, kill, dueInMs, isGap }: Verdict, sample: Sample): Rest | null {
  const { cpu, cpuTrail, io, growth, pids } = state;
  const isStill =
    kill === null &&
    !isGap &&
    cpu.cores === 0 &&
    cpu.usec === sample.cpuUsec &&
    cpuTrail.coveredCores === 0 &&
    io.bytes === null &&
    sample.ioReadBytes === null &&
    sample.ioWriteBytes === null &&
    growth.bytesPerS === 0 &&
    state.memOverMs === null &&
    state.cpuOverMs === null &&
    pids.growingMs === null &&
    sample.demand === null &&
    sample.outlived === null &&
    sample.strays.length === 0;
  return isStill
    ? { state, sample, untilMs: sample.now.monoMs + (dueInMs ?? Number.POSITIVE_INFINITY) }
    : null;
}

/** `sample` need not be judged. The caller excludes a gap before it. */
export function continues({ sample: before, untilMs }: Rest, sample: Sample): boolean {
  return (
    sample.now.monoMs < untilMs &&
    sample.memBytes === before.memBytes &&
    sample.cpuUsec === before.cpuUsec &&
    sample.outputBytes === before.outputBytes &&
    sample.outputAt === before.outputAt &&
    sample.oomKills === before.oomKills &&
    sample.pidsMaxHits === before.pidsMaxHits &&
    sample.ioReadBytes === null &&
    sample.ioWriteBytes === null &&
    sample.demand === null &&
    sample.outlived === null &&
    sample.strays.length === 0
  );
}

/** The state as if the equal samples until `now` had been judged. */
export function stateAt({ state, sample }: Rest, now: Now): WatchState {
  return applySample(state, { ...sample, now }, NO_THRESHOLDS, false);
}
