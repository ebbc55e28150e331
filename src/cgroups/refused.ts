// Explains why the kernel refused a step of a probe.

/**
 * A new scope for each daemon, not a service: systemd cannot restart the main process of a service while groups of live
 * tasks are below it (219/CGROUP, seen with 252; the kernel's no-internal-process rule).
 */
export const DELEGATE =
  'start the daemon in its own unit: systemd-run --user --scope -p Delegate=yes …, and loginctl enable-linger';

export function refused(errno: string, step: string): string {
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
      return `not delegated to this user: cannot ${step} (${errno})`;
    case 'EROFS':
      return `cgroupfs is read-only, as in most containers: cannot ${step} (${errno})`;
    case 'EBUSY':
      return `the group holds processes: cannot ${step} (${errno})`;
    default:
      return `cannot ${step} (${errno})`;
  }
}
