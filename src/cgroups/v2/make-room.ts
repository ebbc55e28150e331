// Moves the daemon out of its group: in v2 a group that enables controllers for its children cannot hold processes.

import { capFix } from '../../systemd/host.ts';
import { exists, makeGroup, processesAt, read, write } from '../cgroupfs.ts';
import { type OwnGroup, SUPERVISOR } from '../own-groups.ts';
import { refused } from '../refused.ts';
import { enabledIn } from './group.ts';
import { CONTROLLERS_V2 } from './limits.ts';

export interface Obstacle {
  readonly reason: string;
  readonly fix: string;
}

const SHOWN = 5;

/** Moves this process into its own leaf group if needed. Its children start there and are not charged to a task. */
export function makeRoom({ base, insideParent }: OwnGroup, procRoot: string): Obstacle | null {
  // The root of the hierarchy is exempt. Only the root has no cgroup.type; the root of a namespace has one.
  if (!exists(`${base}/cgroup.type`)) return insideParent ? moveTo(base) : null;

  const inside = processesAt(base);
  const foreign = inside.filter((pid) => pid !== process.pid);
  if (foreign.length > 0 && !delegatesControllers(base)) {
    return {
      reason: `other processes share the daemon's group ${base}: ${foreign.slice(0, SHOWN).map(named(procRoot)).join(', ')}`,
      fix: capFix(),
    };
  }
  if (!inside.includes(process.pid) && !insideParent) return null;
  const leaf = `${base}/${SUPERVISOR}`;
  const errno = makeGroup(leaf);
  if (errno !== null && errno !== 'EEXIST')
    return { reason: refused(errno, `create ${leaf}`), fix: capFix() };
  return moveTo(leaf);
}

function delegatesControllers(base: string): boolean {
  const available = enabledIn(base);
  const delegated = enabledIn(base, 'cgroup.subtree_control');
  return CONTROLLERS_V2.every((controller) => !available.has(controller) || delegated.has(controller));
}

function moveTo(group: string): Obstacle | null {
  const file = `${group}/cgroup.procs`;
  const errno = write(file, String(process.pid));
  return errno === null ? null : { reason: refused(errno, `move the daemon to ${group}`), fix: capFix() };
}

function named(procRoot: string) {
  return (pid: number): string => `${pid} (${(read(`${procRoot}/${pid}/comm`) ?? '?').trim()})`;
}
