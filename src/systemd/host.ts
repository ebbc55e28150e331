// Knows what kind of host this is, and what its user can do so that the kernel enforces limits and tasks outlive the login.
import { existsSync, readFileSync } from 'node:fs';
import { findManager, outlivesLogin } from './manager.ts';
import { userName } from './user-name.ts';

export interface Host {
  readonly platform: NodeJS.Platform;
  readonly user: string;
  readonly isRoot: boolean;
  readonly isContainer: boolean;
  /** Windows Subsystem for Linux. */
  readonly isWsl: boolean;
  /** systemd is process 1. */
  readonly isBooted: boolean;
  /** The systemd manager that starts units for this user runs. */
  readonly hasManager: boolean;
  /** cgroup v2 is mounted at /sys/fs/cgroup. */
  readonly hasV2: boolean;
  readonly outlivesLogin: boolean;
}

export function readHost(): Host {
  return {
    platform: process.platform,
    user: userName(),
    isRoot: process.getuid?.() === 0,
    // Docker and Podman create these files; systemd-nspawn and LXC set `container` for process 1, and systemd writes it there.
    isContainer: ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'].some((path) =>
      existsSync(path),
    ),
    isWsl: /microsoft/i.test(textOf('/proc/sys/kernel/osrelease')),
    isBooted: existsSync('/run/systemd/system'),
    hasManager: findManager(process.env).isRunning,
    hasV2: existsSync('/sys/fs/cgroup/cgroup.controllers'),
    outlivesLogin: outlivesLogin(),
  };
}

/** What makes the kernel enforce limits here. The first line that fits. */
export function capFix(host = readHost()): string {
  if (host.platform === 'darwin')
    return 'macOS has no cgroups. Run babysit in a Linux VM for tasks that the kernel must cap.';
  if (host.isContainer)
    return 'Start the container with a writable cgroup: docker run --privileged --cgroupns=private IMAGE, or podman run --systemd=always IMAGE.';
  if (host.isWsl && !host.isBooted)
    return 'Add the lines [boot] and systemd=true to /etc/wsl.conf, then run in Windows: wsl.exe --shutdown';
  if (host.isWsl && !host.hasV2)
    return 'Add the lines [wsl2] and kernelCommandLine=cgroup_no_v1=all to %UserProfile%\\.wslconfig, then run in Windows: wsl.exe --shutdown';
  if (!host.hasV2)
    return host.isBooted
      ? 'Boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line.'
      : `Boot with cgroup v2 mounted at /sys/fs/cgroup${host.isRoot ? '' : ', or run babysit as root'}.`;
  if (!host.isBooted)
    return 'Run babysit as root, or on a host where systemd runs: another user gets no group there.';
  if (!host.hasManager) return `Run: loginctl enable-linger ${host.user} && babysit daemon-restart`;
  return 'Run: babysit daemon-restart, so that systemd starts the daemon in a service with its own groups.';
}

/** What gives a group the controllers that it lacks. `path` is the group of the daemon. */
export function controllersFix(path: string, host = readHost()): string {
  if (!/\/user@\d+\.service(\/|$)/.test(path)) return capFix(host);
  return `Run: ${DELEGATE} && sudo systemctl daemon-reload, then log out and in again, or reboot.`;
}

/** See Delegate= in systemd.resource-control(5): a user gets only some controllers without it. */
const DELEGATE =
  "sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf";

/** Starts the manager of the user at boot. See enable-linger in loginctl(1). */
export function lingerFix({ user }: Pick<Host, 'user'>): string {
  return `loginctl enable-linger ${user}`;
}

/** `cgroup` is the text of /proc/PID/cgroup: systemd ends a process of the user's slice with the last session of the user. */
export function endsAtLogout({ isBooted, outlivesLogin }: Host, cgroup: string): boolean {
  return isBooted && !outlivesLogin && /\/user-\d+\.slice(\/|$)/m.test(cgroup);
}

/**
 * When the sessions of the user that last until now began, in epoch ms, by the file of systemd-logind. It removes the file
 * after the last logout. Null without it, and for root, whose services belong to the host.
 */
export function readLoginAt(): number | null {
  const uid = process.getuid?.();
  return uid === 0 ? null : parseLoginAt(textOf(`/run/systemd/users/${uid}`));
}

export function parseLoginAt(text: string): number | null {
  const usec = /^REALTIME=(\d+)$/m.exec(text)?.[1];
  return usec === undefined ? null : Number(usec) / 1000;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
