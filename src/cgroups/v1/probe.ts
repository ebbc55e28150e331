// Probes whether the daemon can create cgroup v1 groups: creates a limited child group in every hierarchy.

import { capFix } from '../../systemd/host.ts';
import { exists, makeGroup, removeGroup, removeIfEmpty, write } from '../cgroupfs.ts';
import type { Probed } from '../driver-module.ts';
import { TRIAL_LIMITS } from '../new-group.ts';
import type { OwnGroup, OwnGroups } from '../own-groups.ts';
import { DriverError, type ProbeAnswer } from '../port.ts';
import { refused } from '../refused.ts';
import { type DirectoriesV1, distinct } from './group.ts';
import { below, createDirectories } from './groups.ts';
import { CONTROLLERS_V1, type ControllerV1 } from './limits.ts';

/** The memory controller is required; the others are optional. */
export function probeV1(own: OwnGroups): Probed<DirectoriesV1> {
  const parents: Partial<Record<ControllerV1, string>> = {};
  const missing: ProbeAnswer[] = [];
  for (const controller of CONTROLLERS_V1) {
    const group = own.v1(controller);
    const reason = group ? makeParent(group) : 'no mounted hierarchy of it shows the group of the daemon';
    if (group && reason === null) parents[controller] = group.parent;
    else missing.push({ what: `cgroup v1 ${controller}`, ok: false, reason: reason ?? '', fix: capFix() });
  }
  const withoutMemory = missing.find(({ what }) => what === 'cgroup v1 memory');
  const refusal = withoutMemory ? `memory: ${withoutMemory.reason}` : tryChild(parents);
  if (refusal !== null) {
    for (const parent of distinct(parents)) removeIfEmpty(parent);
    return { answers: [{ what: 'cgroup v1', ok: false, reason: refusal, fix: capFix() }], usable: null };
  }
  const reason = `groups are created in ${distinct(parents).join(', ')}`;
  return {
    answers: [{ what: 'cgroup v1', ok: true, reason, fix: null }, ...missing],
    usable: {
      parent: parents,
      enforces: {
        memory: true,
        swap: exists(`${parents.memory}/memory.memsw.limit_in_bytes`),
        cpu: parents.cpu !== undefined,
        pids: parents.pids !== undefined,
        freeze: parents.freezer !== undefined,
        // blkio charges buffered writes to the flusher thread.
        io: false,
        // v1 kills one process; the watchdog kills the rest.
        wholeGroupOom: false,
      },
    },
  };
}

/** Creates the parent group and moves the daemon out of it. Returns the reason of a failure, else null. */
function makeParent({ base, parent, insideParent }: OwnGroup): string | null {
  const errno = makeGroup(parent);
  if (errno !== null && errno !== 'EEXIST') return refused(errno, `create ${parent}`);
  // Linux before 5.11: EBUSY when it has child groups, and then their parent has it already.
  if (exists(`${parent}/memory.use_hierarchy`)) write(`${parent}/memory.use_hierarchy`, '1');
  if (!insideParent) return null;
  const moved = write(`${base}/cgroup.procs`, String(process.pid));
  return moved === null ? null : refused(moved, `move the daemon to ${base}`);
}

function tryChild(parents: DirectoriesV1): string | null {
  const directories = below(parents, `probe-${process.pid}`);
  try {
    createDirectories(directories, TRIAL_LIMITS);
    return null;
  } catch (error) {
    if (error instanceof DriverError) return error.message;
    throw error;
  } finally {
    for (const path of distinct(directories)) removeGroup(path);
  }
}
