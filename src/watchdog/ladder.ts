// The kill ladder as a pure step function: the stop file, the first signal at once or after the stop grace, the kill grace,
// SIGKILL until the group is empty or the ladder gives up.
import type { KillIntent } from '../core/task.ts';

export interface LadderState {
  /** Monotonic ms at which this daemon made the stop file without a signal; null before, and without a stop grace. */
  readonly stopFileAt: number | null;
  /** Monotonic ms at which the first signal reached no process of a command about to begin; null before. */
  readonly unreachedAt: number | null;
  /** Monotonic ms of this daemon's first signal; null before. */
  readonly askedAt: number | null;
  /** The first SIGKILL, and the latest. */
  readonly firstKilledAt: number | null;
  readonly killedAt: number | null;
  readonly reported: 'stuck' | 'given_up' | null;
}

export const LADDER_START: LadderState = {
  stopFileAt: null,
  unreachedAt: null,
  askedAt: null,
  firstKilledAt: null,
  killedAt: null,
  reported: null,
};

export interface LadderStep {
  readonly state: LadderState;
  /** `stop`: make the stop file only. `ask`: make it and send the first signal. */
  readonly act: 'stop' | 'ask' | 'kill' | 'none';
  /** Each once. `stuck`: processes survived SIGKILL. `given_up`: the task counts as ended although processes are left. */
  readonly report: 'stuck' | 'given_up' | null;
  /** When to take the next step at the latest. */
  readonly againInMs: number;
}

/** Interval of SIGKILL while processes are left: uninterruptible sleep, or on v1 a fork that escaped the last one. */
const KILL_AGAIN_MS = 500;
/** After SIGKILL the kernel may take seconds to free a large process. */
const STUCK_AFTER_MS = 5_000;
const KILL_STUCK_AGAIN_MS = 5_000;
/** A dead NFS server or a broken disk may hold a process forever. */
const GIVE_UP_AFTER_MS = 60_000;

/** `graceMs`: between the first signal and SIGKILL. `monoMs`: the monotonic clock. */
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
  if (askedAt === null) {
    const { stopFileAt } = state;
    const stopEndsInMs = (intent.stopGraceMs ?? 0) - (monoMs - (stopFileAt ?? monoMs));
    if (stopEndsInMs <= 0)
      return { state: { ...state, askedAt: monoMs }, act: 'ask', report: null, againInMs: graceMs };
    return stopFileAt === null
      ? { state: { ...state, stopFileAt: monoMs }, act: 'stop', report: null, againInMs: stopEndsInMs }
      : { state, act: 'none', report: null, againInMs: stopEndsInMs };
  }
  return { state, act: 'none', report: null, againInMs: graceMs - (monoMs - askedAt) };
}

/** How long ago this daemon took the first step; 0 before it. `monoMs` is the monotonic clock. */
export function endingForMs({ stopFileAt, askedAt, firstKilledAt }: LadderState, monoMs: number): number {
  return monoMs - (stopFileAt ?? askedAt ?? firstKilledAt ?? monoMs);
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
