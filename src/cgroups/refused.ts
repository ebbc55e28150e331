// Says in words why the kernel refused a step of a probe, and what delegation is good for.

export const DELEGATE =
  'run the daemon as a systemd user service with Delegate=yes (babysit daemon-start does where it can), and loginctl enable-linger';

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
