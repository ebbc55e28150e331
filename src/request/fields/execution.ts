// Fields of a request that say how the command is executed.
import { ENGINE_CHOICES } from '../../core/engine-traits.ts';
import type { FieldRow } from '../field-row.ts';

export const EXECUTION_FIELDS = {
  nice: {
    as: 'nice',
    type: 'whole',
    min: 0,
    max: 19,
    value: 'N',
    default: '10; below that only as root',
    config: 'envelope.nice',
    help: { run: 'niceness, 0 to 19', adjust: 'niceness, 0 to 19; below the present one only as root' },
  },
  background: {
    as: 'background',
    type: 'switch',
    tristate: true,
    help: {
      run: 'use the idle classes of CPU and I/O: run only when the host is otherwise idle',
      adjust: 'use only idle CPU time (cpu.idle), or no longer: --background=false',
    },
  },
  pty: {
    as: 'pty',
    type: 'switch',
    help: { run: 'use a terminal, for programs that buffer their output in a pipe' },
  },
  jobserver: {
    as: 'jobserver',
    type: 'switch',
    help: {
      run: 'give make and other builders a job server with one job for each estimated core; call make without -j',
    },
  },
  stdin: {
    as: 'stdin',
    type: 'switch',
    mcp: false,
    help: { run: 'keep standard input open: babysit send NAME writes to it' },
  },
  engine: {
    as: 'engine',
    type: 'choice',
    choices: ENGINE_CHOICES,
    default: 'setting engine.default',
    config: 'engine.default',
    help: {
      run: 'where it runs: local, this host; slurm, a job of the Slurm cluster; auto, where it starts sooner',
    },
  },
  gpus: {
    as: 'gpus',
    type: 'whole',
    min: 1,
    max: 1024,
    value: 'N',
    help: { run: 'GPUs of a node of the cluster (--gres=gpu:N of sbatch); only with --engine=slurm' },
  },
  use: {
    as: 'use',
    type: 'list',
    min: 1,
    value: 'NAME[:N][,NAME]',
    help: { run: 'resources of the cluster with this name (--licenses of sbatch); only with --engine=slurm' },
  },
  driver: {
    as: 'driver',
    type: 'choice',
    choices: ['auto', 'systemd'],
    default: 'setting envelope.driver',
    config: 'envelope.driver',
    help: { run: 'systemd: run as a transient unit in babysit.slice, for systemctl and journalctl' },
  },
  unit: {
    as: 'unit',
    type: 'unit',
    value: 'NAME',
    batch: 'line',
    mcp: false,
    help: { run: 'name of its unit of systemd, instead of a made one; implies --driver=systemd' },
  },
  slice: {
    as: 'slice',
    type: 'unit',
    value: 'NAME',
    mcp: false,
    help: { run: 'slice of its unit, instead of babysit.slice; implies --driver=systemd' },
  },
  remain_after_exit: {
    as: 'remainAfterExit',
    type: 'switch',
    mcp: false,
    help: {
      run: 'keep its unit for systemctl until babysit clean removes the task; implies --driver=systemd',
    },
  },
  oom_policy: {
    as: 'oomPolicy',
    type: 'choice',
    choices: ['continue', 'stop'],
    default: 'continue; with --remain_after_exit stop',
    mcp: false,
    help: {
      run: 'OOMPolicy of its unit; with stop systemd shows an OOM as Result=oom-kill; implies --driver=systemd',
    },
  },
  journal: {
    as: 'journal',
    type: 'switch',
    config: 'log.journal',
    help: { run: "also write the output to systemd's journal, under the name of the task" },
  },
} as const satisfies Readonly<Record<string, FieldRow>>;
