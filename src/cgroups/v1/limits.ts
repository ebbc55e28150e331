// The caps of a group as cgroup v1 files per hierarchy, in the order they are written. Pure.
import type { GroupLimits } from '../port.ts';
import { clamp, type FileValue, quotaUsec, wholeBytes, wholeCount, withIdle } from '../v2/limits.ts';

export const CONTROLLERS_V1 = ['memory', 'cpu', 'cpuacct', 'freezer', 'pids', 'blkio'] as const;
export type ControllerV1 = (typeof CONTROLLERS_V1)[number];

export interface ControllerFile extends FileValue {
  readonly controller: ControllerV1;
  /** Written instead when the kernel answers EINVAL. */
  readonly elseValue?: string;
}

/**
 * `currentMemBytes`: the cap in force, which decides the order of the two memory files; null for a new group. What a new
 * group has by itself is not written: a period of 100 ms, `cpu.idle` 0, and the swappiness of its parent.
 */
export function limitsV1(limits: GroupLimits, currentMemBytes: number | null): ControllerFile[] {
  const isNew = currentMemBytes === null;
  return [
    ...memory(limits.memMaxBytes, currentMemBytes),
    {
      controller: 'cpu',
      file: 'cpu.cfs_quota_us',
      value: String(quotaUsec(limits.cpuMaxCores)),
      // v1 refuses a quota larger than an ancestor's; no quota of its own then means the ancestor's.
      elseValue: '-1',
    },
    ...withIdle(isNew ? limits.cpuIdle || undefined : limits.cpuIdle, {
      file: 'cpu.shares',
      value: String(shares(limits.cpuWeight)),
    }).map((file) => ({ controller: 'cpu', ...file }) as const),
    { controller: 'pids', file: 'pids.max', value: wholeCount(limits.pidsMax) },
  ];
}

/** memory.limit <= memory.memsw.limit must hold at every moment, so lowering starts with the first, raising with the second. */
function memory(bytes: number, currentBytes: number | null): ControllerFile[] {
  const limit = { controller: 'memory', file: 'memory.limit_in_bytes', value: wholeBytes(bytes) } as const;
  const withSwap = {
    controller: 'memory',
    file: 'memory.memsw.limit_in_bytes',
    value: wholeBytes(bytes),
    // Absent where the kernel was booted with swapaccount=0.
    optional: true,
  } as const;
  const raising = currentBytes !== null && bytes > currentBytes;
  return raising ? [withSwap, limit] : [limit, withSwap];
}

/** cpu.weight 100 and cpu.shares 1024 are both the default: the same share of the CPU. */
export function shares(weight: number): number {
  return clamp(Math.round((weight * 1024) / 100), 2, 262_144);
}
