// The kill ladder as a pure step function: stop file + first signal -> grace -> SIGKILL -> again until empty, or until it is
// plain that SIGKILL does not reach what is left.
import type { KillIntent } from '../core/task.ts';

export interface LadderState {
  /** Monotonic ms; null: this step has not been taken by this daemon. */
  readonly askedAt: number | null;
  /** The first SIGKILL, and the latest. */
  readonly firstKilledAt: number | null;
  readonly killedAt: number | null;
  readonly reported: 'stuck' | 'given_up' | null;
}

export const LADDER_START: LadderState = {
  askedAt: null,
  firstKilledAt: null,
  killedAt: null,
  reported: null,
};

export interface LadderStep {
  readonly state: LadderState;
  readonly act: 'ask' | 'kill' | 'none';
  /**
   * `stuck`: SIGKILL has not ended everything; say which processes are left and what holds them. `given_up`: it will not;
   * the task counts as ended, whatever is left. Each is reported once.
   */
  readonly report: 'stuck' | 'given_up' | null;
  /** When to look again if nothing happens before. */
  readonly againInMs: number;
}

/** SIGKILL is repeated at this pace while processes are left (uninterruptible sleep, a fork that slipped through on v1). */
const KILL_AGAIN_MS = 500;
/** A process that is about to die takes long only while the kernel frees a great deal of memory. */
const STUCK_AFTER_MS = 5_000;
const KILL_STUCK_AGAIN_MS = 5_000;
/** A dead NFS server or a broken disk may hold a process for ever. */
const GIVE_UP_AFTER_MS = 60_000;

/** Times in ms; `monoMs` is the monotonic clock. */
export function ladderStep(
  intent: KillIntent,
  state: LadderState,
  graceMs: number,
  monoMs: number,
): LadderStep {
  const { askedAt, firstKilledAt, killedAt } = state;
  if (firstKilledAt !== null && killedAt !== null) return afterKill(state, firstKilledAt, killedAt, monoMs);
  const graceIsOver = askedAt !== null && monoMs - askedAt >= graceMs;
  if (intent.signal === 'SIGKILL' || intent.killedAt !== null || graceIsOver)
    return {
      state: { ...state, firstKilledAt: monoMs, killedAt: monoMs },
      act: 'kill',
      report: null,
      againInMs: KILL_AGAIN_MS,
    };
  if (askedAt === null)
    return { state: { ...state, askedAt: monoMs }, act: 'ask', report: null, againInMs: graceMs };
  return { state, act: 'none', report: null, againInMs: graceMs - (monoMs - askedAt) };
}

/** How long ago this daemon took the first step; 0 before it. `monoMs` is the monotonic clock. */
export function endingForMs({ askedAt, firstKilledAt }: LadderState, monoMs: number): number {
  return monoMs - (askedAt ?? firstKilledAt ?? monoMs);
}

function afterKill(state: LadderState, firstKilledAt: number, killedAt: number, monoMs: number): LadderStep {
  const sinceFirstMs = monoMs - firstKilledAt;
  const report = reportAt(sinceFirstMs, state.reported);
  const reported = report ?? state.reported;
  const paceMs = reported === null ? KILL_AGAIN_MS : KILL_STUCK_AGAIN_MS;
  const waitMs = paceMs - (monoMs - killedAt);
  return waitMs > 0
    ? { state: { ...state, reported }, act: 'none', report, againInMs: waitMs }
    : { state: { ...state, reported, killedAt: monoMs }, act: 'kill', report, againInMs: paceMs };
}

function reportAt(sinceFirstMs: number, reported: LadderState['reported']): LadderStep['report'] {
  if (sinceFirstMs >= GIVE_UP_AFTER_MS && reported !== 'given_up') return 'given_up';
  return sinceFirstMs >= STUCK_AFTER_MS && reported === null ? 'stuck' : null;
}
