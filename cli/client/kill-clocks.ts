// The clocks that end a running task when they reach their limits. Runs in the browser, too.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';

export interface KillClock {
  /** time: its kill timeout. quiet: the time without output. */
  readonly what: 'time' | 'quiet';
  readonly limitMs: number;
  readonly usedMs: number;
  readonly leftMs: number;
}

/** A task that prints now and then starts its limit of silence again and again, so a short silence says nothing. */
const QUIET_SHARE = 0.25;
const QUIET_MS = 30_000;

type Clocked = Pick<
  LiveTask,
  'status' | 'held_at' | 'kill_timeout_ms' | 'elapsed_ms' | 'observability_interval_ms' | 'silent_ms'
>;

/** The one that ends first is the first. A frozen task has none. */
export function killClocks(task: Clocked): KillClock[] {
  if (task.status !== 'running' || task.held_at !== null) return [];
  const { kill_timeout_ms, elapsed_ms, observability_interval_ms, silent_ms } = task;
  return [
    { what: 'time', limitMs: kill_timeout_ms, usedMs: elapsed_ms ?? 0 } as const,
    { what: 'quiet', limitMs: observability_interval_ms, usedMs: silent_ms ?? 0 } as const,
  ]
    .filter(
      ({ what, limitMs, usedMs }) =>
        limitMs > 0 && (what === 'time' || usedMs >= Math.min(QUIET_MS, QUIET_SHARE * limitMs)),
    )
    .map((clock) => ({ ...clock, leftMs: clock.limitMs - clock.usedMs }))
    .sort((a, b) => a.leftMs - b.leftMs);
}
