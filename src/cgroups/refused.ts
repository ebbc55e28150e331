// Explains why the kernel refused a step of a probe.

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
