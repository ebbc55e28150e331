// The driver for the cgroup v1 hierarchies of memory, cpu, freezer, pids and blkio.
import { dirname } from 'node:path';
import type { GroupRef } from '../../core/task.ts';
import { read } from '../cgroupfs.ts';
import { shareAmongParents } from '../cpu-share.ts';
import { type DriverModule, noCpuShare, type ShareCpu } from '../driver-module.ts';
import type { GroupMemory } from '../port.ts';
import { type DirectoriesV1, distinct, groupV1 } from './group.ts';
import { groupsV1 } from './groups.ts';
import { shareV1 } from './limits.ts';
import { groupMemoryV1 } from './memory.ts';
import { probeV1 } from './probe.ts';

export const V1: DriverModule = {
  probe({ own }) {
    const { answers, usable } = probeV1(own);
    if (usable === null) return { answers, usable };
    const { parent, enforces } = usable;
    const shareCpu = shareCpuV1(parent);
    return {
      answers,
      usable: { groups: groupsV1(parent), enforces, parents: distinct(parent), shareCpu },
    };
  },
  open: groupV1,
  openParentMemory: parentMemoryV1,
};

/** v1 refuses a limit below that of a child group (EINVAL): lower the children first, and raise them last. */
function shareCpuV1({ cpu }: DirectoriesV1): ShareCpu {
  if (cpu === undefined) return noCpuShare;
  return (share, groups) => shareAmongParents(cpu, groups, { driver: 'v1', key: 'cpu' }, shareV1(share));
}

/** Before Linux 5.11 a parent counts its children only if memory.use_hierarchy was set before it had any. */
function parentMemoryV1(ref: GroupRef): GroupMemory | null {
  if (typeof ref.memory !== 'string') return null;
  const path = dirname(ref.memory);
  return read(`${path}/memory.use_hierarchy`)?.startsWith('0') ? null : groupMemoryV1(path);
}
