// The driver for a delegated cgroup v2 subtree.
import { write } from '../cgroupfs.ts';
import type { CapTotalCpu, DriverModule } from '../driver-module.ts';
import { noTotalCpu } from '../driver-module.ts';
import { capParents } from '../total-cpu.ts';
import { groupV2 } from './group.ts';
import { groupsV2, type ParentV2 } from './groups.ts';
import { PERIOD_USEC, quotaUsec } from './limits.ts';
import { probeV2 } from './probe.ts';

export const V2: DriverModule = {
  probe({ own, procRoot }) {
    const { answers, usable } = probeV2(own.v2, procRoot);
    if (usable === null) return { answers, usable };
    const { parent, enforces } = usable;
    const capTotalCpu = totalCpuV2(parent);
    return { answers, usable: { groups: groupsV2(parent), enforces, parents: [parent.path], capTotalCpu } };
  },
  open: groupV2,
};

export function totalCpuV2({ path, controllers }: ParentV2): CapTotalCpu {
  if (!controllers.has('cpu')) return noTotalCpu;
  return (cores, groups) =>
    capParents(path, groups, { driver: 'v2', key: 'path' }, (parent) =>
      write(`${parent}/cpu.max`, `${cores === null ? 'max' : quotaUsec(cores)} ${PERIOD_USEC}`),
    );
}
