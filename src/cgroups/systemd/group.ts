// The group of an attempt in a transient systemd unit: a delegated service with one group for the command.
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { GroupRef } from '../../core/task.ts';
import { type Manager, managerEnv, managerFlags } from '../../systemd/manager.ts';
import type { Group, GroupLimits, Preparation } from '../port.ts';
import { stringIn } from '../ref.ts';
import { groupV2 } from '../v2/group.ts';

/** `preparation` is null for a group that already exists. */
export function groupUnit(ref: GroupRef, preparation: Preparation | null): Group {
  const unit = stringIn(ref, 'unit');
  const manager = stringIn(ref, 'manager') as Manager;
  // The unit has the same memory limit and a few small processes more, so the kernel may meet its limit first.
  const group = groupV2(ref, dirname(stringIn(ref, 'path')));
  let watched: { readonly changed: () => void; stop: () => void } | null = null;
  return {
    ...group,
    existsBeforeEntry: false,
    preparation,
    // The files to watch exist only after the preparation.
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
      // The unit has the same limits. Change them too: systemd shows them, and old ones would restrict the task.
      const args = ['set-property', '--runtime', unit, ...unitProperties(limits)];
      spawn('systemctl', [...managerFlags(manager), ...args], {
        stdio: 'ignore',
        env: managerEnv(manager, process.env),
      })
        .on('error', () => {})
        .unref();
      group.setLimits(limits);
    },
  };
}

/** The task's group in the directory of its unit. */
export const TASK_GROUP = 'task';

/** Additional processes of the unit: its main process and the output relay. */
const ASIDE_PIDS = 8;

/** CPUWeight=idle needs systemd 252, so an idle task gets weight 1. */
export function unitProperties(limits: GroupLimits): string[] {
  return [
    `MemoryMax=${Math.floor(limits.memMaxBytes)}`,
    'MemorySwapMax=0',
    `CPUQuota=${Math.max(1, Math.round(limits.cpuMaxCores * 100))}%`,
    `CPUWeight=${limits.cpuIdle ? 1 : limits.cpuWeight}`,
    `TasksMax=${limits.pidsMax + ASIDE_PIDS}`,
  ];
}
