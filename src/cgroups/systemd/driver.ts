// Puts attempts into transient units of systemd: babysit-….service in babysit.slice.
import { join } from 'node:path';
import { type Manager, managerEnv, managerFlags } from '../../systemd/manager.ts';
import type { Units } from '../port.ts';
import { checkName } from '../ref.ts';
import { type ControllerV2, limitsV2 } from '../v2/limits.ts';
import { groupUnit, taskGroup, unitProperties } from './group.ts';

export const SLICE = 'babysit.slice';
const ENTER_SCRIPT = join(import.meta.dirname, 'enter-unit.sh');
const MAIN_SCRIPT = join(import.meta.dirname, 'unit-main.sh');

/** systemd-run waits for a manager that hangs without end; meanwhile nothing of the task can be watched or killed. */
const START_TIMEOUT_S = 30;

export interface UnitParent {
  /** Absolute directory of the manager's own group, below which it makes its slices. */
  readonly path: string;
  readonly manager: Manager;
  readonly controllers: ReadonlySet<ControllerV2>;
}

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
        // It has executed when systemd-run returns, so its FIFO is open.
        'Type=exec',
        'Delegate=yes',
        // The kernel ends the task's group; the unit lives until the supervisor knows how that ended.
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

/** Task names may hold `@` and `+`, which mean something else to systemd or nothing. */
export function unitName(label: string, name: string): string {
  return `babysit-${label.replace(/[^a-zA-Z0-9:_.-]/g, '_')}-${name}.service`;
}
