// The driver for the cgroup v1 hierarchies of memory, cpu, freezer, pids and blkio.
import { write } from '../cgroupfs.ts';
import { type CapTotalCpu, type DriverModule, noTotalCpu } from '../driver-module.ts';
import { capParents } from '../total-cpu.ts';
import { PERIOD_USEC, quotaUsec } from '../v2/limits.ts';
import { type DirectoriesV1, distinct, groupV1 } from './group.ts';
import { groupsV1 } from './groups.ts';
import { probeV1 } from './probe.ts';

export const V1: DriverModule = {
  probe({ own }) {
    const { answers, usable } = probeV1(own);
    if (usable === null) return { answers, usable };
    const { parent, enforces } = usable;
    const capTotalCpu = totalCpuV1(parent);
    return {
      answers,
      usable: { groups: groupsV1(parent), enforces, parents: distinct(parent), capTotalCpu },
    };
  },
  open: groupV1,
};

/** v1 refuses a limit below that of a child group (EINVAL): lower the children first, and raise them last. */
function totalCpuV1({ cpu }: DirectoriesV1): CapTotalCpu {
  if (cpu === undefined) return noTotalCpu;
  return (cores, groups) =>
    capParents(
      cpu,
      groups,
      { driver: 'v1', key: 'cpu' },
      (parent) =>
        write(`${parent}/cpu.cfs_period_us`, String(PERIOD_USEC)) ??
        write(`${parent}/cpu.cfs_quota_us`, String(cores === null ? -1 : quotaUsec(cores))),
    );
}
