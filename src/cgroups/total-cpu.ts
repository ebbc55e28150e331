// The CPU all tasks may use together: a cap on our parent group, above the caps of each.
import type { Errno } from './cgroupfs.ts';
import { write } from './cgroupfs.ts';
import type { DirectoriesV1 } from './group-v1.ts';
import { PERIOD_USEC, quotaUsec } from './limits-v2.ts';

/** In cores; null: no cap but those of each task. Returns what the kernel refused it with, null when it took it. */
export type CapTotalCpu = (cores: number | null) => Errno | null;

export function totalCpuV2(parent: string): CapTotalCpu {
  return (cores) => write(`${parent}/cpu.max`, `${cores === null ? 'max' : quotaUsec(cores)} ${PERIOD_USEC}`);
}

/** v1 refuses a cap below that of a group within (EINVAL): theirs are to be lowered first, and raised last. */
export function totalCpuV1({ cpu }: DirectoriesV1): CapTotalCpu {
  if (cpu === undefined) return noTotalCpu;
  return (cores) =>
    write(`${cpu}/cpu.cfs_period_us`, String(PERIOD_USEC)) ??
    write(`${cpu}/cpu.cfs_quota_us`, String(cores === null ? -1 : quotaUsec(cores)));
}

export const noTotalCpu: CapTotalCpu = () => null;
