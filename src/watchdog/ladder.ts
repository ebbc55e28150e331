// The kill ladder as a pure step function: stop file + first signal -> grace -> SIGKILL -> again until empty.
import type { KillIntent } from '../core/task.ts';

export interface LadderMemory {
  /** Monotonic ms; null: this step has not been taken by this daemon. */
  readonly askedAt: number | null;
  readonly killedAt: number | null;
}

export const LADDER_START: LadderMemory = { askedAt: null, killedAt: null };

export interface LadderStep {
  readonly memory: LadderMemory;
  readonly act: 'ask' | 'kill' | 'none';
  /** When to look again if nothing happens before. */
  readonly againInMs: number;
}

/** SIGKILL is repeated at this pace while processes are left (uninterruptible sleep, a fork that slipped through on v1). */
const KILL_AGAIN_MS = 500;

export function ladderStep(
  intent: KillIntent,
  memory: LadderMemory,
  graceMs: number,
  monoMs: number,
): LadderStep {
  if (memory.killedAt !== null)
    return monoMs - memory.killedAt < KILL_AGAIN_MS
      ? { memory, act: 'none', againInMs: KILL_AGAIN_MS - (monoMs - memory.killedAt) }
      : { memory: { ...memory, killedAt: monoMs }, act: 'kill', againInMs: KILL_AGAIN_MS };
  const graceIsOver = memory.askedAt !== null && monoMs - memory.askedAt >= graceMs;
  if (intent.signal === 'SIGKILL' || intent.killedAt !== null || graceIsOver)
    return { memory: { ...memory, killedAt: monoMs }, act: 'kill', againInMs: KILL_AGAIN_MS };
  if (memory.askedAt === null)
    return { memory: { ...memory, askedAt: monoMs }, act: 'ask', againInMs: graceMs };
  return { memory, act: 'none', againInMs: graceMs - (monoMs - memory.askedAt) };
}
