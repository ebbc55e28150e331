// The systemd driver: runs attempts as transient units, babysit-….service in babysit.slice.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Manager, managerEnv, managerFlags } from '../../systemd/manager.ts';
import type { DriverModule } from '../driver-module.ts';
import type { Units } from '../port.ts';
import { checkName, stringIn } from '../ref.ts';
import { type ControllerV2, limitsV2 } from '../v2/limits.ts';
import { groupMemoryV2 } from '../v2/memory.ts';
import { groupUnit, taskGroup, unitProperties } from './group.ts';

export const SLICE = 'babysit.slice';
/** Read at the start: an update replaces the file under a running daemon. */
const ENTER_SCRIPT = readFileSync(join(import.meta.dirname, 'enter-unit.sh'), 'utf8');
const MAIN_SCRIPT = join(import.meta.dirname, 'unit-main.sh');

/** systemd-run waits without a limit for a manager that hangs, and the task can neither be watched nor killed. */
const START_TIMEOUT_S = 30;

export interface UnitParent {
  /** Absolute directory of the manager's group, which holds its slices. */
  readonly path: string;
  readonly manager: Manager;
  readonly controllers: ReadonlySet<ControllerV2>;
}

/** Each group belongs to the unit of one task, which `Units` starts: the daemon never uses it for all tasks. */
export const SYSTEMD: DriverModule = {
  probe: () => ({ answers: [], usable: null }),
  open: (ref) => groupUnit(ref, null),
  // Slice, unit, task. Units of another daemon of this user are in the same slice, and the cap is for all of them.
  openParentMemory: (ref) => groupMemoryV2(dirname(dirname(stringIn(ref, 'path')))),
};

export function driverUnit({ path, manager, controllers }: UnitParent): Units {
  return {
    create(name, limits, label) {
      const unit = unitName(label, checkName(name));
      const directory = join(path, SLICE, unit);
      const group = taskGroup(directory);
      const caps = limitsV2(limits, controllers).map(({ file, value }) => `${file}=${value}`);
      const env = Object.entries(managerEnv(manager, process.env)).map(([key, value]) => `${key}=${value}`);
      const properties = [
        ...unitProperties(limits),
        // systemd-run returns after exec, when the unit has opened its FIFO.
        'Type=exec',
        'Delegate=yes',
        // After an OOM kill in the task's group, the unit runs until the supervisor has recorded the exit.
        'OOMPolicy=continue',
      ].map((property) => `--property=${property}`);
      const start = [
        ...['env', ...env, 'timeout', '--verbose', String(START_TIMEOUT_S), 'systemd-run'],
        ...[...managerFlags(manager), '--quiet', '--collect'],
        ...[`--unit=${unit}`, `--slice=${SLICE}`, `--description=babysit task ${label}`, ...properties],
      ];
      return groupUnit(
        { driver: 'systemd', name, path: group, unit, manager },
        {
          script: ENTER_SCRIPT,
          args: [group, ...caps, '--', ...start, '--', '/bin/sh', MAIN_SCRIPT],
          asideFile: join(directory, 'main', 'cgroup.procs'),
          group,
        },
      );
    },
  };
}

/** Replaces characters of task names that systemd does not allow (`+`) or interprets (`@`). */
export function unitName(label: string, name: string): string {
  return `babysit-${label.replace(/[^a-zA-Z0-9:_.-]/g, '_')}-${name}.service`;
}
