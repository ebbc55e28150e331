// Numbers, times and reasons as the page shows them.
import type { HeldByView } from '../src/api/schemas/hold.ts';
import type { BlockedView } from '../src/api/schemas/task.ts';
import { counted } from '../src/core/counted.ts';
import { formatDuration } from '../src/units/duration.ts';
import { formatSize } from '../src/units/size.ts';

const NONE = '–';

/** At most three digits: 1.24 GiB is `1.24G`, 517.25 MiB is `517M`. */
export function size(bytes: number | null | undefined): string {
  if (bytes == null) return NONE;
  return formatSize(bytes).replace(/^(\d+)\.(\d+)/, (_, whole: string, rest: string) => {
    const digits = Math.max(0, 3 - whole.length);
    return digits === 0 ? whole : `${whole}.${rest.slice(0, digits)}`;
  });
}

export function duration(ms: number | null | undefined): string {
  return ms == null ? NONE : formatDuration(Math.max(0, ms));
}

export function cores(value: number | null | undefined): string {
  if (value == null) return NONE;
  return String(Number(value.toFixed(value >= 10 ? 0 : value < 0.05 ? 2 : 1)));
}

/** `1 core`, `0.5 cores` */
export function coresText(value: number | null | undefined): string {
  return counted(cores(value), 'core');
}

/** One for all texts: making one takes longer than using it. */
const CLOCK = new Intl.DateTimeFormat([], {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** `14:02:10`, in the time zone of the reader. */
export function clock(at: string | number): string {
  return CLOCK.format(new Date(at));
}

const DATE_TIME = new Intl.DateTimeFormat([], {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});

/** `Nov 29, 2026, 14:02:10` */
export function dateTime(at: string): string {
  return DATE_TIME.format(new Date(at));
}

const DAY = new Intl.DateTimeFormat([], { month: 'short', day: 'numeric' });

/** `Nov 29` */
export function day(at: number): string {
  return DAY.format(new Date(at));
}

/** `3m ago`, `in 20s`. */
export function relative(at: string | number, nowMs: number): string {
  const ms = new Date(at).getTime() - nowMs;
  if (Math.abs(ms) < 1000) return 'now';
  return ms > 0 ? `in ${duration(ms)}` : `${duration(-ms)} ago`;
}

const NOUNS: Readonly<Record<BlockedView['dim'], string>> = {
  mem: 'memory',
  cpu: 'cores',
  slots: 'a free place',
  reservation: 'tasks that start first',
  profile: 'another profile',
  after: 'tasks it comes after',
  backoff: 'its next attempt',
  pressure: 'the end of a shortage on the host',
  parent: 'the task around it',
  hold: 'the end of a hold',
  engine: 'its place in the queue of its engine',
};

/** `waits for memory: needs 2G, 512M free, held by build, train` */
export function why(waiting: BlockedView | null): string {
  if (waiting === null) return 'is about to start';
  if (waiting.hold !== undefined) return `held ${hold(waiting.hold)}`;
  const { dim, requested, charged, available, blocked_by, outside } = waiting;
  const unit = dim === 'mem' ? size : dim === 'cpu' ? cores : null;
  const numbers = unit === null ? [] : [`needs ${unit(charged ?? requested)}`, `${unit(available)} free`];
  const others = outside === undefined || unit === null ? [] : [`other programs use ${unit(outside)}`];
  const blockers =
    blocked_by.length === 0 ? [] : [`${dim === 'after' ? '' : 'held by '}${blocked_by.join(', ')}`];
  const details = [...numbers, ...others, ...blockers];
  return `waits for ${NOUNS[dim]}${details.length === 0 ? '' : `: ${details.join(', ')}`}`;
}

/** `by ada: "call", until 15:30:00` */
export function hold({ by, reason, until }: HeldByView): string {
  const end = until === null ? 'until it is released' : `until ${clock(until)}`;
  return `by ${by}${reason === null ? '' : `: "${reason}"`}, ${end}`;
}

/** `14:02:10 (in 3m), at the latest 14:10:00` */
export function promise(waiting: BlockedView | null, nowMs: number): string {
  if (waiting === null) return 'now';
  const { expected_start: expected, latest_start: latest } = waiting;
  if (expected === null) return latest === null ? 'not known' : `at the latest ${clock(latest)}`;
  const end = latest === null || latest === expected ? '' : `, at the latest ${clock(latest)}`;
  return `${clock(expected)} (${relative(expected, nowMs)})${end}`;
}
