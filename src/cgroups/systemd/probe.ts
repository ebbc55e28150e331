// Can this daemon run tasks as transient units of systemd? There must be a manager, and its units' groups must be ours to enter.
import { findManager } from '../../systemd/manager.ts';
import type { OwnGroup } from '../own-groups.ts';
import type { ProbeAnswer } from '../port.ts';
import { enabledIn } from '../v2/group.ts';
import { SLICE, type UnitParent } from './driver.ts';

export interface ProbedUnits {
  readonly answer: ProbeAnswer;
  readonly parent: UnitParent | null;
}

/** `own`: our place in cgroup v2; `root`: where that is mounted. */
export function probeUnits(own: OwnGroup | null, root: string): ProbedUnits {
  const no = (reason: string, fix: string): ProbedUnits => ({
    answer: { what: 'systemd units', ok: false, reason, fix },
    parent: null,
  });
  const { manager, place, isRunning } = findManager(process.env);
  if (!isRunning)
    return no(
      `no ${manager} manager of systemd is running (${place})`,
      'Only --driver=systemd needs one: tasks run without it in groups of their own.',
    );
  if (own === null || !enabledIn(own.base).has('memory'))
    return no(
      'the memory controller is not in cgroup v2 here',
      'boot with systemd.unified_cgroup_hierarchy=1',
    );
  const uid = process.getuid?.();
  const path = manager === 'system' ? root : managerGroup(own.base, uid);
  // The kernel lets a process move between two groups only who may write to their common ancestor.
  if (path === null)
    return no(
      `the daemon is not in a service of user@${uid}.service but in ${own.base}, so it may not enter units`,
      'babysit daemon-restart from a shell that reaches the user manager (XDG_RUNTIME_DIR set)',
    );
  return {
    answer: { what: 'systemd units', ok: true, reason: `units are started in ${SLICE}`, fix: null },
    parent: { path, manager, controllers: enabledIn(path) },
  };
}

export function managerGroup(base: string, uid: number | undefined): string | null {
  const parts = base.split('/');
  const at = parts.indexOf(`user@${uid}.service`);
  return at < 0 ? null : parts.slice(0, at + 1).join('/');
}
