// The bars of the timeline: running tasks until their expected end, pending tasks from their promised start on.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';

export interface PlanBar {
  readonly id: string;
  readonly name: string;
  readonly kind: 'running' | 'promised';
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  /** The start is promised for this time at the latest; null: running, or none is promised. */
  readonly latest: number | null;
}

export interface Plan {
  readonly from: number;
  readonly to: number;
  readonly bars: readonly PlanBar[];
}

const MOST = 24;
const PAST_PART = 0.25;
const SHORTEST_MS = 60_000;
const LONGEST_MS = 24 * 3_600_000;

export function planOf(running: readonly LiveTask[], pending: readonly LiveTask[], now: number): Plan {
  const bars = [
    ...running.map((row) => runningBar(row, now)),
    ...pending.flatMap((row) => promisedBar(row, now)),
  ];
  const shown = bars
    .sort((a, b) => a.from - b.from)
    .slice(-MOST * 4)
    .slice(0, MOST);
  const end = Math.max(now + SHORTEST_MS, ...shown.map(({ to }) => to));
  const to = Math.min(end, now + LONGEST_MS);
  return { from: now - PAST_PART * (to - now), to, bars: shown };
}

function runningBar(row: LiveTask, now: number): PlanBar {
  const from = row.started_at === null ? now : Date.parse(row.started_at);
  const eta = row.progress?.eta_s ?? null;
  const rest = eta === null ? Math.max(0, row.estimated_time_ms - (row.elapsed_ms ?? 0)) : 1000 * eta;
  return { id: row.id, name: row.name, kind: 'running', from, to: now + rest, latest: null };
}

function promisedBar(row: LiveTask, now: number): PlanBar[] {
  const { waiting } = row;
  const start = waiting?.expected_start ?? waiting?.latest_start ?? null;
  if (start === null) return [];
  const from = Math.max(now, Date.parse(start));
  const latest = waiting?.latest_start ?? null;
  return [
    {
      id: row.id,
      name: row.name,
      kind: 'promised',
      from,
      to: from + row.estimated_time_ms,
      latest: latest === null ? null : Date.parse(latest),
    },
  ];
}
