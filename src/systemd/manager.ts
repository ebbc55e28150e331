// The manager of systemd that starts units for this user: which one, whether it runs, how its clients reach it.
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** `user`: that of one user; `system`: that of the host, which root uses. */
export type Manager = 'user' | 'system';

export interface FoundManager {
  readonly manager: Manager;
  /** Exists while the manager runs. */
  readonly place: string;
  readonly isRunning: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The manager this user would start units with, running or not. */
export function findManager(env: Env): FoundManager {
  const manager = process.getuid?.() === 0 ? 'system' : 'user';
  // systemd's sd_booted(3) asks for the same directory.
  const place =
    manager === 'system' ? '/run/systemd/system' : join(runtimeDirectory(env), 'systemd', 'private');
  return { manager, place, isRunning: process.platform === 'linux' && existsSync(place) };
}

/** For systemctl and systemd-run, before their other words. */
export function managerFlags(manager: Manager): string[] {
  return manager === 'user' ? ['--user'] : [];
}

/** The variables by which systemctl and systemd-run find the manager. A process started by cron or `su` may lack them. */
export function managerEnv(manager: Manager, env: Env): Record<string, string> {
  return {
    PATH: env.PATH ?? '/usr/bin:/bin',
    ...(manager === 'user' ? { XDG_RUNTIME_DIR: runtimeDirectory(env) } : {}),
  };
}

/** False when systemd ends what this user has started with the last of its sessions: see loginctl(1), enable-linger. */
export function outlivesLogin(): boolean {
  const { uid, username } = userInfo();
  return uid === 0 || existsSync(`/var/lib/systemd/linger/${username}`);
}

function runtimeDirectory(env: Env): string {
  return env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.()}`;
}
