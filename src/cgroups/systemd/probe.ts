// Probes whether the daemon can run tasks as systemd units: it needs a manager and permission to enter its units.
import { findManager } from '../../systemd/manager.ts';
import type { OwnGroup } from '../own-groups.ts';
import type { ProbeAnswer } from '../port.ts';
import { enabledIn } from '../v2/group.ts';
import { SLICE, type UnitParent } from './driver.ts';

export interface ProbedUnits {
  readonly answer: ProbeAnswer;
  readonly parent: UnitParent | null;
}

/** `own`: the daemon's group in cgroup v2. `root`: the mount point. */
export function probeUnits(own: OwnGroup | null, root: string): ProbedUnits {
  const no = (reason: string, fix: string): ProbedUnits => ({
    answer: { what: 'systemd units', ok: false, reason, fix },
    parent: null,
  });
  const { manager, place, isRunning } = findManager(process.env);
  if (!isRunning)
    return no(
      `no ${manager} manager of systemd is running (${place})`,
      'Only --driver=systemd needs it. Other tasks run without a unit.',
    );
  if (own === null || !enabledIn(own.base).has('memory'))
    return no('the memory controller is not in cgroup v2', 'boot with systemd.unified_cgroup_hierarchy=1');
  const uid = process.getuid?.();
  const path = manager === 'system' ? root : managerGroup(own.base, uid);
  // Moving a process between two groups needs write permission for their common ancestor.
  if (path === null)
    return no(
      `the daemon runs in ${own.base}, not in a service of user@${uid}.service, so it cannot enter units`,
      'run babysit daemon-restart from a shell that reaches the user manager (XDG_RUNTIME_DIR set)',
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
