// The environment of a command: the caller's variables, missing thread-pool limits, and babysit's own variables.
import { boundEstimate } from '../core/estimate.ts';
import { type Task, TOKEN_VARIABLE } from '../core/task.ts';
import { GROUP_MARKER } from '../procfs/process/process-table.ts';
import { pathWithBabysit } from './search-path.ts';

export type Environment = Readonly<Record<string, string>>;

/** Variables with the number of threads or jobs, of libraries and of programs that otherwise start one for each core. */
export const SIZED_BY_GRANT = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'BLIS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'NUMBA_NUM_THREADS',
  'POLARS_MAX_THREADS',
  'RAYON_NUM_THREADS',
  'JULIA_NUM_THREADS',
  'GOMAXPROCS',
  'DOTNET_PROCESSOR_COUNT',
  'CARGO_BUILD_JOBS',
  'CMAKE_BUILD_PARALLEL_LEVEL',
  'UV_CONCURRENT_BUILDS',
  'PYTEST_XDIST_AUTO_NUM_WORKERS',
  'VITEST_MAX_WORKERS',
] as const;

/** The value of those variables. A task inside this one replaces them where they still have it. */
export const THREADS_VARIABLE = 'BABYSIT_THREADS';

interface TaskFiles {
  readonly stopFile: string;
  readonly progressFile: string;
  readonly checkpointDir: string;
  /** See `Attempt.token`. */
  readonly token: string;
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
  const threads = String(Math.max(1, Math.min(threadsMax, Math.round(boundEstimate(task).cpuCores))));
  const outer = caller[THREADS_VARIABLE];
  const isGiven = (name: string) => caller[name] !== undefined && caller[name] !== outer;
  return {
    PYTHONUNBUFFERED: '1',
    ...caller,
    ...Object.fromEntries(SIZED_BY_GRANT.filter((name) => !isGiven(name)).map((name) => [name, threads])),
    ...(caller.PATH === undefined ? {} : { PATH: pathWithBabysit(caller.PATH, task.cwd) }),
    PWD: task.cwd,
    BABYSIT_TASK_NAME: task.name,
    BABYSIT_TASK_ID: task.id,
    BABYSIT_ATTEMPT: String(task.attempts),
    [THREADS_VARIABLE]: threads,
    [TOKEN_VARIABLE]: files.token,
    BABYSIT_STOP_FILE: files.stopFile,
    BABYSIT_PROGRESS_FILE: files.progressFile,
    BABYSIT_CHECKPOINT_DIR: files.checkpointDir,
    [GROUP_MARKER]: files.group,
  };
}
