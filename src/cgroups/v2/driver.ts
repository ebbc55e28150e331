// The driver for a delegated cgroup v2 subtree.
import { dirname } from 'node:path';
import { shareAmongParents } from '../cpu-share.ts';
import { type DriverModule, noCpuShare, type ShareCpu } from '../driver-module.ts';
import { stringIn } from '../ref.ts';
import { groupV2 } from './group.ts';
import { groupsV2, type ParentV2 } from './groups.ts';
import { shareV2 } from './limits.ts';
import { groupMemoryV2 } from './memory.ts';
import { probeV2 } from './probe.ts';

export const V2: DriverModule = {
  probe({ own, procRoot }) {
    const { answers, usable } = probeV2(own.v2, procRoot);
    if (usable === null) return { answers, usable };
    const { parent, enforces } = usable;
    const shareCpu = shareCpuV2(parent);
    return { answers, usable: { groups: groupsV2(parent), enforces, parents: [parent.path], shareCpu } };
  },
  open: (ref) => groupV2(ref),
  openParentMemory: (ref) => groupMemoryV2(dirname(stringIn(ref, 'path'))),
};

export function shareCpuV2({ path, controllers }: ParentV2): ShareCpu {
  if (!controllers.has('cpu')) return noCpuShare;
  return (share, groups) => shareAmongParents(path, groups, { driver: 'v2', key: 'path' }, shareV2(share));
}
