// Converts the limits of a group to cgroup v1 files, in the order in which they are written. Pure.
import type { CpuShare } from '../driver-module.ts';
import type { GroupLimits } from '../port.ts';
import {
  clamp,
  type FileValue,
  PERIOD_USEC,
  quotaUsec,
  wholeBytes,
  wholeCount,
  withIdle,
} from '../v2/limits.ts';

export const CONTROLLERS_V1 = ['memory', 'cpu', 'cpuacct', 'freezer', 'pids', 'blkio'] as const;
export type ControllerV1 = (typeof CONTROLLERS_V1)[number];

export interface ControllerFile extends FileValue {
  readonly controller: ControllerV1;
  /** Written instead if the kernel answers EINVAL. */
  readonly elseValue?: string;
}

/**
 * `currentMemBytes`, the limit in force, decides the order of the two memory files; null for a new group. The defaults
 * of a new group are not written: a period of 100 ms, `cpu.idle` 0, and the swappiness of its parent.
 */
export function limitsV1(limits: GroupLimits, currentMemBytes: number | null): ControllerFile[] {
  const isNew = currentMemBytes === null;
  return [
    ...memoryFilesV1(limits.memMaxBytes, currentMemBytes),
    {
      controller: 'cpu',
      file: 'cpu.cfs_quota_us',
      value: String(quotaUsec(limits.cpuMaxCores)),
      // v1 refuses a quota above that of an ancestor. With -1 the ancestor's quota applies.
      elseValue: '-1',
    },
    ...withIdle(isNew ? limits.cpuIdle || undefined : limits.cpuIdle, {
      file: 'cpu.shares',
      value: String(shares(limits.cpuWeight)),
    }).map((file) => ({ controller: 'cpu', ...file }) as const),
    { controller: 'pids', file: 'pids.max', value: wholeCount(limits.pidsMax) },
  ];
}

/** The files of the parent group in the hierarchy of cpu. */
export function shareV1({ maxCores, weight, isIdle }: CpuShare): FileValue[] {
  return [
    { file: 'cpu.cfs_period_us', value: String(PERIOD_USEC) },
    { file: 'cpu.cfs_quota_us', value: String(maxCores === null ? -1 : quotaUsec(maxCores)) },
    ...withIdle(isIdle, { file: 'cpu.shares', value: String(shares(weight)) }),
  ];
}

/** memory.limit <= memory.memsw.limit must always hold: lower memory.limit first, raise memory.memsw.limit first. */
export function memoryFilesV1(bytes: number, currentBytes: number | null): ControllerFile[] {
  const limit = { controller: 'memory', file: 'memory.limit_in_bytes', value: wholeBytes(bytes) } as const;
  const withSwap = {
    controller: 'memory',
    file: 'memory.memsw.limit_in_bytes',
    value: wholeBytes(bytes),
    // Absent if the kernel was booted with swapaccount=0.
    optional: true,
  } as const;
  const raising = currentBytes !== null && bytes > currentBytes;
  return raising ? [withSwap, limit] : [limit, withSwap];
}

/** cpu.weight 100 and cpu.shares 1024 are the defaults and mean the same share of the CPU. */
export function shares(weight: number): number {
  return clamp(Math.round((weight * 1024) / 100), 2, 262_144);
}
