// The environment of a command: the caller's variables, missing thread-pool limits, and babysit's own variables.
import type { Task } from '../core/task.ts';
import { GROUP_MARKER } from '../procfs/process/process-table.ts';
import { pathWithBabysit } from './search-path.ts';

export type Environment = Readonly<Record<string, string>>;

const THREAD_POOLS = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'POLARS_MAX_THREADS',
  'RAYON_NUM_THREADS',
] as const;

interface TaskFiles {
  readonly stopFile: string;
  readonly progressFile: string;
  readonly checkpointDir: string;
  /** Marks every process of the attempt, for the driver that has no cgroups. */
  readonly group: string;
}

/** `threadsMax`: the largest thread-pool size of the active profile. */
export function taskEnvironment(
  caller: Environment,
  task: Task,
  files: TaskFiles,
  threadsMax: number,
): Environment {
  const threads = String(Math.max(1, Math.min(threadsMax, Math.round(task.estimate.cpuCores))));
  return {
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(THREAD_POOLS.map((name) => [name, threads])),
    ...caller,
    ...(caller.PATH === undefined ? {} : { PATH: pathWithBabysit(caller.PATH, task.cwd) }),
    PWD: task.cwd,
    BABYSIT_TASK_NAME: task.name,
    BABYSIT_TASK_ID: task.id,
    BABYSIT_ATTEMPT: String(task.attempts),
    BABYSIT_STOP_FILE: files.stopFile,
    BABYSIT_PROGRESS_FILE: files.progressFile,
    BABYSIT_CHECKPOINT_DIR: files.checkpointDir,
    [GROUP_MARKER]: files.group,
  };
}
