// One attempt's group as a transient unit of systemd: a delegated service, in it one group for the command.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { GroupRef } from '../core/task.ts';
import type { Group, GroupLimits, Preparation } from './driver.ts';
import { groupV2 } from './group-v2.ts';
import { stringIn } from './ref.ts';

/** `user`: that of the daemon's user; `system`: that of the host, for root. */
export type Manager = 'user' | 'system';

/** Null for a group that was made earlier. */
export function groupUnit(ref: GroupRef, preparation: Preparation | null): Group {
  const unit = stringIn(ref, 'unit');
  const manager = stringIn(ref, 'manager') as Manager;
  const group = groupV2(ref);
  let watched: { readonly changed: () => void; stop: () => void } | null = null;
  return {
    ...group,
    preparation,
    // What there is to watch came with the preparation.
    attach() {
      watched?.stop();
      if (watched !== null) watched.stop = group.watch(watched.changed);
    },
    watch(changed) {
      const watching = { changed, stop: group.watch(changed) };
      watched = watching;
      return () => watching.stop();
    },
    setLimits(limits) {
      // The unit has the same caps, so that systemd shows them; what they were must not hold the task back.
      const args = ['set-property', '--runtime', unit, ...unitProperties(limits)];
      spawn('systemctl', [...managerFlags(manager), ...args], { stdio: 'ignore', env: managerEnv(manager) })
        .on('error', () => {})
        .unref();
      group.setLimits(limits);
    },
  };
}

/** The directory of the unit, in which systemd keeps its own counts; `task` in it is ours. */
export function taskGroup(unitDirectory: string): string {
  return join(unitDirectory, 'task');
}

/** Room for what is in the unit beside the task: its main process, and the relay of its output. */
const ASIDE_PIDS = 8;

/** As systemd names them. CPUWeight=idle came with systemd 252 only. */
export function unitProperties(limits: GroupLimits): string[] {
  return [
    `MemoryMax=${Math.floor(limits.memMaxBytes)}`,
    'MemorySwapMax=0',
    `CPUQuota=${Math.max(1, Math.round(limits.cpuMaxCores * 100))}%`,
    `CPUWeight=${limits.cpuIdle ? 1 : limits.cpuWeight}`,
    `TasksMax=${limits.pidsMax + ASIDE_PIDS}`,
  ];
}

export function managerFlags(manager: Manager): string[] {
  return manager === 'user' ? ['--user'] : [];
}

/** What a client of the manager needs, also in a process whose environment is empty. */
export function managerEnv(manager: Manager): Record<string, string> {
  // biome-ignore lint/style/noProcessEnv: systemd-run is started with the daemon's own PATH
  const path = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
  return manager === 'user' ? { ...path, XDG_RUNTIME_DIR: runtimeDirectory() } : path;
}

/** A daemon started by cron or `su` has no XDG_RUNTIME_DIR although its user has a manager. */
export function runtimeDirectory(): string {
  // biome-ignore lint/style/noProcessEnv: the service manager serves the daemon's user, not a caller
  return process.env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.()}`;
}
