// One attempt's group as a transient unit of systemd: a delegated service, in it one group for the command.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { GroupRef } from '../../core/task.ts';
import { type Manager, managerEnv, managerFlags } from '../../systemd/manager.ts';
import type { Group, GroupLimits, Preparation } from '../port.ts';
import { stringIn } from '../ref.ts';
import { groupV2 } from '../v2/group.ts';

/** Null for a group that was made earlier. */
export function groupUnit(ref: GroupRef, preparation: Preparation | null): Group {
  const unit = stringIn(ref, 'unit');
  const manager = stringIn(ref, 'manager') as Manager;
  const group = groupV2(ref);
  let watched: { readonly changed: () => void; stop: () => void } | null = null;
  return {
    ...group,
    existsBeforeEntry: false,
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
