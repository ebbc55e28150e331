// Decides from /proc/<pid>/cgroup whether a process is outside of a task's group. Pure.
import type { GroupRef } from '../../core/task.ts';
import { parseMemberships } from '../mounts.ts';

/** The hierarchies that a process has left: its memory or CPU time is not charged to the group. */
export interface Outside {
  readonly mem: boolean;
  readonly cpu: boolean;
  /** The group in which it is now. */
  readonly cgroup: string;
}

/** Returns null for a process in the group, and for the empty text of a process that has ended. */
export function outsideOf(cgroupText: string, ref: GroupRef): Outside | null {
  const segment = ref.driver === 'systemd' ? ref.unit : ref.name;
  const left = parseMemberships(cgroupText).filter(
    ({ controllers, path }) =>
      (ref.driver === 'v1'
        ? controllers.some((controller) => controller in ref)
        : controllers.length === 0) && !path.split('/').some((part) => part === segment),
  );
  const [first] = left;
  if (first === undefined) return null;
  const has = (controller: string) =>
    ref.driver !== 'v1' || left.some(({ controllers }) => controllers.includes(controller));
  return { mem: has('memory'), cpu: has('cpuacct'), cgroup: first.path };
}
