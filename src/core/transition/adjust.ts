// New estimates, limits or caps of a live task. Pure.
import { type Estimate, type Limits, restated } from '../estimate.ts';
import type { AskedBy } from '../events.ts';
import type { ProfileName } from '../host/profile.ts';
import {
  type ActiveState,
  type Attempt,
  type Envelope,
  type ExecOptions,
  isActive,
  isEnded,
  type Task,
} from '../task.ts';
import { withoutExtension } from './extend-time.ts';
import type { Transition } from './transition.ts';

export type AdjustChange =
  /** `envelope`: the new caps of the running attempt; null when none runs. */
  | (AskedBy & {
      readonly kind: 'adjust';
      readonly estimate: Estimate;
      readonly limits: Limits;
      readonly priority: number;
      /** Absent: unchanged. */
      readonly execOptions?: ExecOptions;
      readonly envelope: Envelope | null;
    })
  /** The active profile changed the caps of a running attempt. */
  | { readonly kind: 'apply_profile'; readonly profile: ProfileName; readonly envelope: Envelope };

export function adjust(task: Task, change: Extract<AdjustChange, { kind: 'adjust' }>): Transition | null {
  const { state } = task;
  if (isEnded(state)) return null;
  const { estimate, limits, priority, execOptions = task.execOptions } = change;
  const adjusted = { ...task, ...restated(task, estimate), estimate, limits, priority, execOptions };
  return {
    task: isActive(state) ? withAttempt(adjusted, state, adjustedAttempt(task, state, change)) : adjusted,
    event: {
      event: 'adjusted',
      estimated_time_ms: estimate.timeMs,
      estimated_mem_bytes: estimate.memBytes,
      estimated_cpu_cores: estimate.cpuCores,
      kill_timeout_ms: limits.killTimeoutMs,
      priority,
      ...askedBy(change),
    },
  };
}

function adjustedAttempt(
  task: Task,
  { attempt }: ActiveState,
  { limits, envelope }: Extract<AdjustChange, { kind: 'adjust' }>,
): Attempt {
  const isTimeChanged = limits.killTimeoutMs !== task.limits.killTimeoutMs;
  const timed = isTimeChanged ? withoutExtension(attempt) : attempt;
  return envelope === null ? timed : { ...timed, envelope };
}

export function askedBy({ by }: AskedBy): AskedBy {
  return by === undefined ? {} : { by };
}

export function applyProfile(
  task: Task,
  state: ActiveState,
  { profile, envelope }: Extract<AdjustChange, { kind: 'apply_profile' }>,
): Transition | null {
  const before = state.attempt.envelope;
  const keys = Object.keys(envelope) as (keyof Envelope)[];
  if (keys.every((key) => before[key] === envelope[key])) return null;
  return {
    task: withAttempt(task, state, { ...state.attempt, envelope }),
    event: {
      event: 'profile_switched',
      profile,
      cpu_max_cores: envelope.cpuMaxCores,
      cpu_weight: envelope.cpuWeight,
      cpu_idle: envelope.cpuIdle,
    },
  };
}

export function withAttempt(task: Task, state: ActiveState, attempt: Attempt): Task {
  return { ...task, state: { ...state, attempt } };
}
