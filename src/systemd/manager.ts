// Finds the systemd manager that starts units for this user, and how its clients reach it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { userName } from './user-name.ts';

/** `system` is the manager of the host, which root uses. */
export type Manager = 'user' | 'system';

interface FoundManager {
  readonly manager: Manager;
  /** This path exists while the manager runs. */
  readonly place: string;
  readonly isRunning: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Returns the manager of this user, running or not. */
export function findManager(env: Env): FoundManager {
  const manager = process.getuid?.() === 0 ? 'system' : 'user';
  // sd_booted(3) checks for the same directory.
  const place =
    manager === 'system' ? '/run/systemd/system' : join(runtimeDirectory(env), 'systemd', 'private');
  return { manager, place, isRunning: process.platform === 'linux' && existsSync(place) };
}

/** First arguments of systemctl and systemd-run. */
export function managerFlags(manager: Manager): string[] {
  return manager === 'user' ? ['--user'] : [];
}

/** Variables that systemctl and systemd-run need to find the manager. They may be missing under cron or `su`. */
export function managerEnv(manager: Manager, env: Env): Record<string, string> {
  return {
    PATH: env.PATH ?? '/usr/bin:/bin',
    ...(manager === 'user' ? { XDG_RUNTIME_DIR: runtimeDirectory(env) } : {}),
  };
}

/** False if systemd ends the user's processes with the last session. See enable-linger in loginctl(1). */
export function outlivesLogin(): boolean {
  return process.getuid?.() === 0 || existsSync(`/var/lib/systemd/linger/${userName()}`);
}

/** XDG_RUNTIME_DIR may name a directory without a manager, under WSLg, or of another user, after su or in an old tmux. */
export function runtimeDirectory(env: Env, own = `/run/user/${process.getuid?.()}`): string {
  const given = env.XDG_RUNTIME_DIR;
  return given && (hasManager(given) || !hasManager(own)) ? given : own;
}

function hasManager(directory: string): boolean {
  return existsSync(join(directory, 'systemd', 'private'));
}
