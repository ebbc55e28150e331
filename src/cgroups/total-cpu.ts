// Limits the CPU time of all tasks together by a limit of their parent group.
import { dirname } from 'node:path';
import type { GroupRef } from '../core/task.ts';
import { type Errno, isGone, write } from './cgroupfs.ts';
import type { DirectoriesV1 } from './v1/group.ts';
import { PERIOD_USEC, quotaUsec } from './v2/limits.ts';

/**
 * `cores` is null for no common limit. An earlier daemon may have created some of the `groups` under another parent,
 * which gets the same limit. Returns the errno of a refusal, or null.
 */
export type CapTotalCpu = (cores: number | null, groups: Iterable<GroupRef>) => Errno | null;

export function totalCpuV2(parent: string): CapTotalCpu {
  return (cores, groups) =>
    onEach(parentsOf(parent, groups, 'v2', 'path'), (directory) =>
      write(`${directory}/cpu.max`, `${cores === null ? 'max' : quotaUsec(cores)} ${PERIOD_USEC}`),
    );
}

/** v1 refuses a limit below that of a child group (EINVAL): lower the children first, and raise them last. */
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

/** Writes all limits, then returns the first refusal. */
function onEach(directories: Iterable<string>, cap: (directory: string) => Errno | null): Errno | null {
  const refusals = [...directories].map(cap);
  return refusals.find((errno) => errno !== null && !isGone(errno)) ?? null;
}
