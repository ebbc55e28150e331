// Decides whether a series of counts measures the whole task, and when the task then ends.
import type { Count, Reading } from './reading.ts';

export interface Trend {
  /** Oldest first; time and fraction grow. Times are in ms of the caller's clock. */
  readonly points: readonly Point[];
  readonly total: number | null;
  /** The counts do not measure the whole task: one fell, its total changed, or it counts within an epoch. */
  readonly isBroken: boolean;
}

interface Point {
  readonly atMs: number;
  readonly fraction: number;
}

export interface TimeLeft {
  readonly p50Ms: number;
  /** Null without a history to derive a spread from. */
  readonly p90Ms: number | null;
}

export const NO_TREND: Trend = { points: [], total: null, isBroken: false };

/** A longer series loses every second point, so that it always covers the whole run. */
const POINTS_KEPT = 32;
/** Fewer points, or less progress, say nothing about the rest. */
const MIN_POINTS = 5;
const MIN_GAINED = 0.05;
/** The share of the steps that are slower than the pace assumed for the p90. */
const SLOW_SHARE = 0.1;
const NUMBERED_PHASE = /\bepoch\b|\d ?\/ ?\d/i;

/** Once broken, a trend stays broken: a count that restarts does so again. */
export function follow(trend: Trend, { count, phase }: Reading, nowMs: number): Trend {
  const { points, isBroken } = trend;
  if (isBroken || count === undefined || count.fraction === null) return trend;
  const { fraction } = count;
  const total = count.total ?? trend.total;
  const last = points.at(-1);
  const fell = last !== undefined && fraction < last.fraction;
  const isResized = trend.total !== null && total !== trend.total;
  if (fell || isResized || isWithin(phase ?? '', count)) return { ...NO_TREND, isBroken: true };
  if (last !== undefined && fraction === last.fraction) return trend;
  const point = { atMs: nowMs, fraction };
  // Lines read at the same time are one step.
  const earlier = last !== undefined && nowMs <= last.atMs ? points.slice(0, -1) : points;
  return { points: thinned([...earlier, point]), total, isBroken };
}

/** `Epoch 3/10` with 42 of 100 is a count within the epoch; with 3 of 10 it is the whole. */
function isWithin(phase: string, { done }: Count): boolean {
  return NUMBERED_PHASE.test(phase) && Number(/\d+/.exec(phase)?.[0]) !== done;
}

function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= POINTS_KEPT) return points;
  const last = points.length - 1;
  return points.filter((_, index) => index % 2 === last % 2);
}

/**
 * p50 by the mean pace of the series, (1 - f) x (t - t0) / (f - f0); p90 by the pace of its slowest tenth. Null when the
 * trend cannot be trusted: broken, too short, at its end, or past the end that it predicted.
 */
export function timeLeftOf({ points, isBroken }: Trend, nowMs: number): TimeLeft | null {
  const first = points[0];
  const last = points.at(-1);
  if (isBroken || first === undefined || last === undefined || points.length < MIN_POINTS) return null;
  const gained = last.fraction - first.fraction;
  if (gained < MIN_GAINED || last.fraction >= 1) return null;
  const rest = 1 - last.fraction;
  const sinceMs = nowMs - last.atMs;
  const p50Ms = Math.round((rest * (last.atMs - first.atMs)) / gained - sinceMs);
  if (p50Ms <= 0) return null;
  const stepsMs = points.slice(1).map((point, index) => {
    const before = points[index] as Point;
    return (point.atMs - before.atMs) / (point.fraction - before.fraction);
  });
  stepsMs.sort((a, b) => b - a);
  const slowMs = stepsMs[Math.floor(SLOW_SHARE * stepsMs.length)] ?? 0;
  return { p50Ms, p90Ms: Math.max(p50Ms, Math.round(rest * slowMs - sinceMs)) };
}
