// The CPU all tasks may use together: a cap on our parent group, above the caps of each.
import { dirname } from 'node:path';
import type { GroupRef } from '../core/task.ts';
import { type Errno, isGone, write } from './cgroupfs.ts';
import type { DirectoriesV1 } from './v1/group.ts';
import { PERIOD_USEC, quotaUsec } from './v2/limits.ts';

/**
 * In cores; null: no cap but those of each task. `groups`: those of the tasks; what an earlier daemon has made elsewhere is
 * below a parent of its own, which gets the same cap. Returns what the kernel refused it with, null when it took it.
 */
export type CapTotalCpu = (cores: number | null, groups: Iterable<GroupRef>) => Errno | null;

export function totalCpuV2(parent: string): CapTotalCpu {
  return (cores, groups) =>
    onEach(parentsOf(parent, groups, 'v2', 'path'), (directory) =>
      write(`${directory}/cpu.max`, `${cores === null ? 'max' : quotaUsec(cores)} ${PERIOD_USEC}`),
    );
}

/** v1 refuses a cap below that of a group within (EINVAL): theirs are to be lowered first, and raised last. */
export function totalCpuV1({ cpu }: DirectoriesV1): CapTotalCpu {
  if (cpu === undefined) return noTotalCpu;
  return (cores, groups) =>
    onEach(
      parentsOf(cpu, groups, 'v1', 'cpu'),
      (directory) =>
        write(`${directory}/cpu.cfs_period_us`, String(PERIOD_USEC)) ??
        write(`${directory}/cpu.cfs_quota_us`, String(cores === null ? -1 : quotaUsec(cores))),
    );
}

export const noTotalCpu: CapTotalCpu = () => null;

function parentsOf(ours: string, groups: Iterable<GroupRef>, driver: GroupRef['driver'], key: string) {
  const parents = new Set([ours]);
  for (const group of groups) {
    const directory = group[key];
    if (group.driver === driver && typeof directory === 'string') parents.add(dirname(directory));
  }
  return parents;
}

/** Every one is tried; then the first refusal is told. */
function onEach(directories: Iterable<string>, cap: (directory: string) => Errno | null): Errno | null {
  const refusals = [...directories].map(cap);
  return refusals.find((errno) => errno !== null && !isGone(errno)) ?? null;
}
