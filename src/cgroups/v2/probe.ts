// Probes whether the daemon can create cgroup v2 groups: parent, controllers, and a limited child group.

import { capFix, controllersFix } from '../../systemd/host.ts';
import { exists, makeGroup, removeGroup, removeIfEmpty, write } from '../cgroupfs.ts';
import type { Probed } from '../driver-module.ts';
import { TRIAL_LIMITS } from '../new-group.ts';
import type { OwnGroup } from '../own-groups.ts';
import { DriverError } from '../port.ts';
import { refused } from '../refused.ts';
import { enabledIn, writeLimitsV2 } from './group.ts';
import type { ParentV2 } from './groups.ts';
import { CONTROLLERS_V2, limitsV2 } from './limits.ts';
import { makeRoom, type Obstacle } from './make-room.ts';

export function probeV2(own: OwnGroup | null, procRoot: string): Probed<ParentV2> {
  const no = (reason: string, fix: string): Probed<ParentV2> => ({
    answers: [{ what: 'cgroup v2', ok: false, reason, fix }],
    usable: null,
  });
  if (own === null) return no('no mounted cgroup v2 file system shows the group of the daemon', capFix());

  const available = enabledIn(own.base);
  if (!available.has('memory')) {
    const has = [...available].join(', ') || 'none of memory, cpu, pids, io';
    return no(
      `the memory controller is not available in ${own.base} (it has ${has})`,
      controllersFix(own.base),
    );
  }
  const errno = makeGroup(own.parent);
  if (errno !== null && errno !== 'EEXIST') return no(refused(errno, `create ${own.parent}`), capFix());

  const obstacle = makeRoom(own, procRoot) ?? enableControllers(own);
  if (obstacle) {
    // A parent with groups of live tasks is busy and stays.
    removeIfEmpty(own.parent);
    return no(obstacle.reason, obstacle.fix);
  }
  const parent = { path: own.parent, controllers: enabledIn(own.parent, 'cgroup.subtree_control') };
  return tryChild(parent, no);
}

/** Enables the controllers one by one, so that a missing one does not affect the others. Memory is required. */
function enableControllers({ base, parent }: OwnGroup): Obstacle | null {
  for (const controller of CONTROLLERS_V2) {
    for (const group of [base, parent]) {
      const file = `${group}/cgroup.subtree_control`;
      if (enabledIn(group, 'cgroup.subtree_control').has(controller)) continue;
      const errno = write(file, `+${controller}`);
      if (errno === null || controller !== 'memory') continue;
      return { reason: refused(errno, `write +memory to ${file}`), fix: capFix() };
    }
  }
  return null;
}

function tryChild(parent: ParentV2, no: (reason: string, fix: string) => Probed<ParentV2>): Probed<ParentV2> {
  const child = `${parent.path}/probe-${process.pid}`;
  try {
    const errno = makeGroup(child);
    if (errno !== null) return no(refused(errno, `create ${child}`), capFix());
    writeLimitsV2(child, limitsV2(TRIAL_LIMITS, parent.controllers), 'new');
    return yes(parent, child);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return no(error.message, capFix());
  } finally {
    removeGroup(child);
  }
}

function yes(parent: ParentV2, child: string): Probed<ParentV2> {
  const has = (file: string): boolean => exists(`${child}/${file}`);
  const missing = CONTROLLERS_V2.filter((controller) => !parent.controllers.has(controller));
  return {
    answers: [
      { what: 'cgroup v2', ok: true, reason: `groups are created in ${parent.path}`, fix: null },
      ...missing.map((controller) => ({
        what: `cgroup v2 ${controller} controller`,
        ok: false,
        reason: `${controller} cannot be enabled in ${parent.path}`,
        fix: controllersFix(parent.path),
      })),
    ],
    usable: {
      parent,
      enforces: {
        memory: true,
        swap: has('memory.swap.max'),
        cpu: parent.controllers.has('cpu'),
        pids: parent.controllers.has('pids'),
        freeze: has('cgroup.freeze'),
        io: parent.controllers.has('io'),
        wholeGroupOom: has('memory.oom.group'),
      },
    },
  };
}
