// Throttles: limits tasks to their CPU estimate while the host has no idle CPU time, and frees them when it has. Pure.

import { coresAhead } from '../core/answers/suggest.ts';
import { CPU_RISK_MARGIN } from '../core/estimate.ts';
import type { EventMap, UnthrottleCause } from '../core/events.ts';
import type { TaskId, Throttle } from '../core/task.ts';
import { roundCores } from '../units/number.ts';
import { RELIEF_SHARE } from './victim.ts';

export interface ThrottleRules {
  readonly maxSysCpuPct: number;
  /** How long the host's mean use must be above the limit. */
  readonly windowMs: number;
  readonly cores: number;
  /** False: nothing limits the CPU use of a group on this host. */
  readonly driverCapsCpu: boolean;
  readonly dryRun: boolean;
}

/** The CPU time of the host since its start: busy, and in all. Sums over all cores, in any unit. */
export interface HostCpuReading {
  readonly monoMs: number;
  readonly busyTicks: number;
  readonly totalTicks: number;
}

/** Readings since the last action: each one changes the use, so what came before says nothing any more. */
export type HostCpuTrail = readonly HostCpuReading[];

/** A running task. */
export interface TaskCpu {
  readonly id: TaskId;
  /** Mean use of the last 15 s. */
  readonly cores: number;
  readonly estimatedCores: number;
  readonly throttle: Throttle | null;
}

export interface Throttles {
  readonly trail: HostCpuTrail;
  readonly throttle: readonly TaskCpu[];
  readonly free: readonly { readonly id: TaskId; readonly cause: UnthrottleCause }[];
  /** Mean use of the host over the window; null before the window is full. */
  readonly hostCpuPct: number | null;
}

/** A throttle ends after this time with room for what the task used before. */
const ROOM_AFTER_MS = 5_000;
/** The host without a task counts as idle up to this part of its cores. */
const IDLE_SHARE = 0.05;
/** Readings that are closer together are noise: the kernel counts ticks of 10 ms. */
const MIN_INTERVAL_MS = 500;

/**
 * A mean decides, because the use of a CPU jumps from sample to sample. Throttles all tasks above their estimate at once,
 * and frees one at a time, the one that was throttled first.
 */
export function judgeThrottles(
  rules: ThrottleRules,
  before: HostCpuTrail,
  reading: HostCpuReading | null,
  tasks: readonly TaskCpu[],
): Throttles {
  const trail = reading === null ? [] : extend(before, reading, rules.windowMs);
  const hostCpuPct = meanPct(trail, rules.windowMs);
  const within = tasks
    .filter(
      ({ throttle, estimatedCores }) => throttle !== null && !isAbove(throttle.fromCores, estimatedCores),
    )
    .map(({ id }) => ({ id, cause: 'within_estimate' as const }));
  if (within.length > 0) return { trail: trail.slice(-1), throttle: [], free: within, hostCpuPct };
  const throttle = hostCpuPct === null ? [] : aboveEstimate(rules, hostCpuPct, tasks);
  const first = throttle.length > 0 ? undefined : nextFree(rules, trail, tasks);
  const free = first === undefined ? [] : [{ id: first, cause: 'room' as const }];
  const isActing = throttle.length + free.length > 0;
  return { trail: isActing ? trail.slice(-1) : trail, throttle, free, hostCpuPct };
}

/** Empty when the tasks together use less than what is above the limit: then the cause is outside. */
function aboveEstimate(rules: ThrottleRules, hostCpuPct: number, tasks: readonly TaskCpu[]): TaskCpu[] {
  const excessCores = ((hostCpuPct - rules.maxSysCpuPct) / 100) * rules.cores;
  const ourCores = tasks.reduce((sum, { cores }) => sum + cores, 0);
  if (excessCores <= 0 || ourCores < excessCores || rules.dryRun || !rules.driverCapsCpu) return [];
  return tasks.filter(
    ({ throttle, cores, estimatedCores }) =>
      throttle === null &&
      isAbove(cores, estimatedCores) &&
      cores - estimatedCores >= RELIEF_SHARE * excessCores,
  );
}

function isAbove(cores: number, estimatedCores: number): boolean {
  return cores > CPU_RISK_MARGIN * estimatedCores;
}

/**
 * The task that was throttled first, of those for whose former use the host has room. A task that alone exceeds the limit
 * is freed when the rest of the host has been idle for a whole window: then no other program needs the cores.
 */
function nextFree(rules: ThrottleRules, trail: HostCpuTrail, tasks: readonly TaskCpu[]): TaskId | undefined {
  const { maxSysCpuPct, cores: hostCores, windowMs } = rules;
  const hostPct = meanPct(trail, ROOM_AFTER_MS);
  if (hostPct === null) return undefined;
  const roomCores = ((maxSysCpuPct - hostPct) / 100) * hostCores;
  const windowCores = ((meanPct(trail, windowMs) ?? 100) / 100) * hostCores;
  const isFree = ({ cores, estimatedCores }: TaskCpu, { fromCores }: Throttle) =>
    fromCores - estimatedCores <= roomCores || windowCores - cores <= IDLE_SHARE * hostCores;
  const [first] = tasks
    .flatMap((task) => (task.throttle === null ? [] : [{ task, throttle: task.throttle }]))
    .filter(({ task, throttle }) => isFree(task, throttle))
    .sort((a, b) => a.throttle.at - b.throttle.at);
  return first?.task.id;
}

/** Keeps one reading that is at least `windowMs` old. */
function extend(before: HostCpuTrail, reading: HostCpuReading, windowMs: number): HostCpuTrail {
  const last = before.at(-1);
  if (last !== undefined && reading.monoMs - last.monoMs < MIN_INTERVAL_MS) return before;
  const oldest = before.findLastIndex(
    ({ monoMs }) => reading.monoMs - monoMs >= Math.max(windowMs, ROOM_AFTER_MS),
  );
  return [...before.slice(Math.max(0, oldest)), reading];
}

/** Null while the readings do not cover the last `overMs`. */
function meanPct(trail: HostCpuTrail, overMs: number): number | null {
  const last = trail.at(-1);
  const first = trail.findLast(({ monoMs }) => last !== undefined && last.monoMs - monoMs >= overMs);
  if (last === undefined || first === undefined) return null;
  const totalTicks = last.totalTicks - first.totalTicks;
  return totalTicks > 0 ? (100 * (last.busyTicks - first.busyTicks)) / totalTicks : null;
}

export function throttledDetails(
  { maxSysCpuPct, windowMs }: Pick<ThrottleRules, 'maxSysCpuPct' | 'windowMs'>,
  { name, cpuMaxCores }: { readonly name: string; readonly cpuMaxCores: number },
  { cores, estimatedCores }: Pick<TaskCpu, 'cores' | 'estimatedCores'>,
  hostCpuPct: number,
): EventMap['throttled'] {
  return {
    cpu_cores: roundCores(cores),
    estimated_cpu_cores: estimatedCores,
    host_cpu_pct: Math.round(10 * hostCpuPct) / 10,
    limit_pct: maxSysCpuPct,
    hint: `The cores of the host were busy for ${Math.round(windowMs / 1000)} s and the task used more than its estimate: it is limited to its estimate until there is room. Nothing is killed for this. If it needs the cores, raise its estimate with suggested_command (--force, because the host has no room for it now).`,
    suggested_command: `babysit adjust ${name} --estimated_cpu_cores=${coresAhead(cores, cpuMaxCores)} --force`,
  };
}
