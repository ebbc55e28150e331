// Decides when a waiting caller gets another report: at a change that matters to it, a small one at growing distances. Pure.

/** What matters to a caller that waits. Its place changes too often. */
export interface WaitingState {
  /** What is scarce. */
  readonly dim: string;
  /** The tasks and owners ahead. */
  readonly ahead: string;
  /** Programs outside of the tasks hold the room. */
  readonly isOutside: boolean;
  /** Identifies the hold of a person; null: none. */
  readonly hold: string | null;
  /** Epoch ms; null: not known. */
  readonly expectedMs: number | null;
}

/** Of one wait. `distanceMs` is the time from the last report to the next one of a small change. */
export interface WaitingReport {
  readonly last: WaitingState;
  readonly monoMs: number;
  readonly distanceMs: number;
  /** The kinds of blockers that were reported before. */
  readonly kinds: ReadonlySet<string>;
}

export const FIRST_DISTANCE_MS = 30_000;
export const LAST_DISTANCE_MS = 600_000;
/** A predicted start that moves by less, or by less than a quarter of the wait, is no news. */
const SHIFT_MS = 60_000;
const SHIFT_SHARE = 0.25;

/** Returns the report to make now, or null when none is due. `before`: the last one of this wait; null: none. */
export function nextReport(
  before: WaitingReport | null,
  now: WaitingState,
  { wallMs, monoMs }: { readonly wallMs: number; readonly monoMs: number },
): WaitingReport | null {
  const kind = `${now.dim} ${now.isOutside}`;
  if (before === null) return { last: now, monoMs, distanceMs: FIRST_DISTANCE_MS, kinds: new Set([kind]) };
  const sinceMs = monoMs - before.monoMs;
  const report = (distanceMs: number): WaitingReport => ({
    last: now,
    monoMs,
    distanceMs,
    kinds: new Set(before.kinds).add(kind),
  });
  // A person did it, and the caller wants to know at once.
  if (now.hold !== before.last.hold) return report(FIRST_DISTANCE_MS);
  // Blockers that alternate are news only the first time.
  if (!before.kinds.has(kind) && sinceMs >= FIRST_DISTANCE_MS) return report(FIRST_DISTANCE_MS);
  // A prediction that swings at most doubles the number of reports. Behind other tasks only their ends count.
  const isElsewhen = now.dim !== 'after' && hasMoved(before.last.expectedMs, now.expectedMs, wallMs);
  const isSame = now.dim === before.last.dim && now.ahead === before.last.ahead;
  if (!isElsewhen && isSame && now.isOutside === before.last.isOutside) return null;
  const dueMs = isElsewhen ? before.distanceMs / 2 : before.distanceMs;
  if (sinceMs < Math.max(FIRST_DISTANCE_MS, dueMs)) return null;
  return report(Math.min(LAST_DISTANCE_MS, 2 * before.distanceMs));
}

/** The names of tasks that take turns ahead are the same tasks. */
export function aheadOf(tasks: readonly string[], owners: readonly string[]): string {
  return [...tasks.toSorted(), ...owners.toSorted()].join(' ');
}

function hasMoved(beforeMs: number | null, nowMs: number | null, wallMs: number): boolean {
  if (beforeMs === null || nowMs === null) return beforeMs !== nowMs;
  const leftMs = Math.max(0, beforeMs - wallMs);
  return Math.abs(nowMs - beforeMs) >= Math.max(SHIFT_MS, SHIFT_SHARE * leftMs);
}
