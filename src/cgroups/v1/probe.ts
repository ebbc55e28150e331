// Can this host give us cgroup v1 groups? Tries it in every hierarchy with a capped throw-away child.
import { exists, makeGroup, removeGroup, removeIfEmpty, write } from '../cgroupfs.ts';
import type { OwnGroup, OwnGroups } from '../own-groups.ts';
import { DriverError, type ProbeAnswer } from '../port.ts';
import { refused } from '../refused.ts';
import { type Probed, TRIAL_LIMITS } from '../v2/probe.ts';
import { below, createDirectories } from './driver.ts';
import { type DirectoriesV1, distinct } from './group.ts';
import { CONTROLLERS_V1, type ControllerV1 } from './limits.ts';

const FIX = 'cgroup v1 can be handed to a user only by root: run the daemon as root, or boot with cgroup v2';

/** Memory must be there; of the other controllers each adds what it can. */
export function probeV1(own: OwnGroups): Probed<DirectoriesV1> {
  const parents: Partial<Record<ControllerV1, string>> = {};
  const missing: ProbeAnswer[] = [];
  for (const controller of CONTROLLERS_V1) {
    const group = own.v1(controller);
    const reason = group ? makeParent(group) : 'no such hierarchy is mounted that shows our own group';
    if (group && reason === null) parents[controller] = group.parent;
    else missing.push({ what: `cgroup v1 ${controller}`, ok: false, reason: reason ?? '', fix: FIX });
  }
  const withoutMemory = missing.find(({ what }) => what === 'cgroup v1 memory');
  const refusal = withoutMemory ? `memory: ${withoutMemory.reason}` : tryChild(parents);
  if (refusal !== null) {
    for (const parent of distinct(parents)) removeIfEmpty(parent);
    return { answers: [{ what: 'cgroup v1', ok: false, reason: refusal, fix: FIX }], usable: null };
  }
  const reason = `groups are made in ${distinct(parents).join(', ')}`;
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
        io: parents.blkio !== undefined,
        // v1 kills one process; the watchdog ends the rest.
        wholeGroupOom: false,
      },
    },
  };
}

/** Makes our parent. Null when it is there and the daemon is not inside it. */
function makeParent({ base, parent, insideParent }: OwnGroup): string | null {
  const errno = makeGroup(parent);
  if (errno !== null && errno !== 'EEXIST') return refused(errno, `make ${parent}`);
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
