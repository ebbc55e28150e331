// Holds: freezes tasks that grow above their estimate while the host is short of memory, before any task is killed. Pure.
import type { EventMap, ThawCause } from '../core/events.ts';
import type { KillDetail } from '../core/kill-reasons.ts';
import type { TaskId } from '../core/task.ts';
import { exactSize } from '../units/size.ts';
import { memAhead } from './judge.ts';
import type { PressureRules, Shortage, TaskUse } from './shortage.ts';
import { type Finding, RELIEF_SHARE } from './victim.ts';

export interface Holds {
  readonly hold: readonly TaskId[];
  readonly thaw: readonly { readonly id: TaskId; readonly cause: ThawCause }[];
  /** The numbers of the shortage. */
  readonly detail: KillDetail;
}

export const NO_HOLDS: Holds = { hold: [], thaw: [], detail: {} };

export interface HostShortage extends Pick<Shortage, 'isCritical' | 'excessBytes' | 'detail'> {
  /** Null when nothing has to be done about the shortage. */
  readonly finding: Finding | null;
  /** The shortage lasts, or has ended less than five seconds ago. */
  readonly isPressed: boolean;
}

/**
 * Freezes the fastest grower at each sample, and all of them when there is no time. Growth that would not take a tenth of
 * the excess within the window does not matter. Thaws one at each sample, the one that was held first.
 */
export function judgeHolds(rules: PressureRules, host: HostShortage, tasks: readonly TaskUse[]): Holds {
  const { holdWindowMs, dryRun } = rules;
  const live = tasks.filter(({ endingMs }) => endingMs === null);
  const thaw = thaws(rules, host, live);
  const isOurs = host.finding?.cause === 'ours';
  if (!isOurs || dryRun || holdWindowMs === 0) return { hold: [], thaw, detail: host.detail };
  const least = (RELIEF_SHARE * host.excessBytes * 1000) / holdWindowMs;
  const growers = live
    .filter(({ heldMs, growthBytesPerS }) => heldMs === null && growthBytesPerS > 0)
    .filter((task) => task.memBytes > task.estimatedMemBytes && task.growthBytesPerS >= least)
    .sort((a, b) => b.growthBytesPerS - a.growthBytesPerS);
  return {
    hold: growers.slice(0, host.isCritical ? growers.length : 1).map(({ id }) => id),
    thaw,
    detail: host.detail,
  };
}

function thaws(
  { holdWindowMs }: PressureRules,
  { finding, isPressed }: HostShortage,
  live: readonly TaskUse[],
): Holds['thaw'] {
  const held = live
    .flatMap((task) => (task.heldMs === null ? [] : [{ ...task, heldMs: task.heldMs }]))
    .sort((a, b) => b.heldMs - a.heldMs);
  const within = held.filter((task) => task.memBytes <= task.estimatedMemBytes);
  if (within.length > 0) return within.map(({ id }) => ({ id, cause: 'within_estimate' }));
  if (!isPressed) return held.slice(0, 1).map(({ id }) => ({ id, cause: 'room' }));
  if (finding === null || finding.cause === 'ours') return [];
  const waited = held.filter(({ heldMs }) => heldMs >= holdWindowMs);
  return waited.slice(0, 1).map(({ id }) => ({ id, cause: 'not_the_cause' }));
}

export function heldDetails(
  { holdWindowMs }: Pick<PressureRules, 'holdWindowMs'>,
  { name, memMaxBytes }: { readonly name: string; readonly memMaxBytes: number },
  {
    memBytes,
    estimatedMemBytes,
    growthBytesPerS,
  }: Pick<TaskUse, 'memBytes' | 'estimatedMemBytes' | 'growthBytesPerS'>,
  detail: KillDetail,
): EventMap['held'] {
  const windowS = Math.round(holdWindowMs / 1000);
  return {
    mem_bytes: memBytes,
    estimated_mem_bytes: estimatedMemBytes,
    growth_bytes_per_s: Math.round(growthBytesPerS),
    host_mem_pct: Number(detail.host_mem_pct),
    limit_pct: Number(detail.limit_pct),
    kill_in_s: windowS,
    hint: `The host is short of memory and the task grows above its estimate: it is frozen until there is room. If the shortage lasts ${windowS} s, the watchdog kills a task, those above their estimate first. If the task is healthy, raise its estimate with suggested_command (--force, because the host has no room for it now); else end it with babysit kill ${name}.`,
    suggested_command: `babysit adjust ${name} --estimated_mem_bytes=${exactSize(memAhead(memBytes, memMaxBytes))} --force`,
  };
}
