// The systemd driver: runs attempts as transient units, babysit-….service in babysit.slice.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { UnitOptions } from '../../core/task.ts';
import { type Manager, managerEnv, managerFlags } from '../../systemd/manager.ts';
import { shellQuote } from '../../text/shell.ts';
import type { DriverModule } from '../driver-module.ts';
import type { Units } from '../port.ts';
import { checkName, stringIn } from '../ref.ts';
import { type ControllerV2, limitsV2 } from '../v2/limits.ts';
import { groupMemoryV2 } from '../v2/memory.ts';
import { groupUnit, TASK_GROUP, unitProperties } from './group.ts';

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
  // Slice, unit, task. Units of another daemon of this user are in the same slice, and the cap is for all of them. A slice
  // that the caller chose may hold other programs.
  openParentMemory: (ref) =>
    (ref.slice ?? SLICE) === SLICE ? groupMemoryV2(dirname(dirname(stringIn(ref, 'path')))) : null,
};

const NO_OPTIONS: UnitOptions = { name: null, slice: null, remains: false, oomPolicy: 'continue' };

export function driverUnit({ path, manager, controllers }: UnitParent): Units {
  const systemctl = () => ['systemctl', ...managerFlags(manager)];
  return {
    create(name, limits, label, options = NO_OPTIONS) {
      const unit = options.name ?? unitName(label, checkName(name));
      const slice = options.slice ?? SLICE;
      const directory = join(path, slicePath(slice), unit);
      // A unit of another task may have the name already: its group is not ours.
      const group = join(directory, options.name === null ? TASK_GROUP : name);
      const caps = limitsV2(limits, controllers).map(({ file, value }) => `${file}=${value}`);
      // systemd discards the result of a unit that it collects. Only with `stop` may it end the unit by itself.
      const isKept = options.remains || options.oomPolicy === 'stop';
      const env = ['env', ...Object.entries(managerEnv(manager, process.env)).map((pair) => pair.join('='))];
      const properties = [
        ...unitProperties(limits),
        // systemd-run returns after exec, when the unit has opened its FIFO.
        'Type=exec',
        'Delegate=yes',
        // With continue, the unit runs after an OOM kill until the supervisor has recorded the exit.
        `OOMPolicy=${options.oomPolicy}`,
        ...(options.remains ? ['RemainAfterExit=yes'] : []),
      ].map((property) => `--property=${property}`);
      const start = [
        ...[...env, 'timeout', '--verbose', String(START_TIMEOUT_S), 'systemd-run'],
        ...[...managerFlags(manager), '--quiet', ...(isKept ? [] : ['--collect'])],
        ...[`--unit=${unit}`, `--slice=${slice}`, `--description=babysit task ${label}`, ...properties],
      ];
      // Only a name that the caller chose may belong to an earlier attempt.
      const unload = options.name === null ? [] : [unit, ...env, ...systemctl()];
      return groupUnit(
        { driver: 'systemd', name, path: group, unit, slice, manager },
        {
          script: ENTER_SCRIPT,
          args: [
            group,
            ...caps,
            '--',
            ...unload,
            '--',
            ...start,
            '--',
            '/bin/sh',
            MAIN_SCRIPT,
            options.oomPolicy,
          ],
          asideFile: join(directory, 'main', 'cgroup.procs'),
          group,
          resultScript: isKept ? resultScript([...env, ...systemctl()], unit) : ':',
        },
      );
    },
    unload(patterns) {
      const env = { ...process.env, ...managerEnv(manager, process.env) };
      spawn('/bin/sh', ['-c', UNLOAD, 'unload', managerFlags(manager).join(' '), ...patterns], {
        stdio: 'ignore',
        env,
      })
        .on('error', () => {})
        .unref();
    },
  };
}

function resultScript(systemctl: readonly string[], unit: string): string {
  return [...systemctl, 'show', '--value', '--property=Result', unit].map(shellQuote).join(' ');
}

/** Leaves a unit that runs: another task may have the name now. The words of a list of units are safe to split. */
const UNLOAD = `flags=$1; shift
units=$(systemctl $flags list-units --all --plain --no-legend --full --state=exited,failed -- "$@" | cut -d ' ' -f 1)
[ -z "$units" ] || { systemctl $flags stop $units; systemctl $flags reset-failed $units; }`;

/** `a-b.slice` is in `a.slice`, which it begins with; see systemd.slice(5). */
export function slicePath(slice: string): string {
  const words = slice.replace(/\.slice$/, '').split('-');
  return words.map((_, index) => `${words.slice(0, index + 1).join('-')}.slice`).join('/');
}

/** Replaces characters of task names that systemd does not allow (`+`) or interprets (`@`). */
export function unitName(label: string, name: string): string {
  return `babysit-${label.replace(/[^a-zA-Z0-9:_.-]/g, '_')}-${name}.service`;
}
