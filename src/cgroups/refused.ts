// Says in words why the kernel refused a step of a probe, and what delegation is good for.

/**
 * A scope, fresh for each daemon, not a service: systemd cannot start a service's main process again while groups of
 * live tasks are below it (219/CGROUP, seen with 252; the kernel's no-internal-process rule).
 */
export const DELEGATE =
  'start the daemon in a unit of its own: systemd-run --user --scope -p Delegate=yes …, and loginctl enable-linger';

export function refused(errno: string, step: string): string {
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
      return `not delegated to this user: ${errno} trying to ${step}`;
    case 'EROFS':
      return `cgroupfs is read-only here, as in most containers: ${errno} trying to ${step}`;
    case 'EBUSY':
      return `processes are inside the group: ${errno} trying to ${step}`;
    default:
      return `${errno} trying to ${step}`;
  }
}
