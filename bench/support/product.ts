// Runs the built product in a temporary home for one benchmark.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunBody } from '../../src/api/schemas/run.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { Caller } from '../../src/request/request.ts';
import { type Api, openApi } from '../api.ts';

const root = join(import.meta.dirname, '../..');

/** The command of the user. */
export const LAUNCHER = join(root, 'babysit');
/** The file that the launcher executes. */
export const CLI = join(root, 'dist', 'cli.cjs');

export interface Product {
  readonly home: string;
  /** A directory for files of the benchmark, removed at the end. */
  readonly scratch: string;
  readonly daemonPid: number;
  readonly api: Api;
  /** The environment for CLI calls: this home, and the Node of the benchmark. */
  readonly env: NodeJS.ProcessEnv;
  /** A request that is accepted also while several others run. */
  body(command: string, changes?: Partial<RunBody>): RunBody & { caller: Caller };
  /** The directory of the task's first attempt. */
  attemptDir(id: string): string;
}

/** Four of these fit on any host. The cap of 3 x the estimate does not throttle a single thread for long. */
const CORES_EACH = 0.2 * availableParallelism();
export const SMALL = {
  estimated_time: '10m',
  estimated_mem_bytes: '16M',
  estimated_cpu_cores: String(CORES_EACH),
} as const;

/** A hundred of these fit. For tasks that need no CPU. */
export const TINY = { ...SMALL, estimated_mem_bytes: '4M', estimated_cpu_cores: '0.01' } as const;

/** Builds a stale product. */
export function buildProduct(): void {
  babysit(['version'], baseEnv());
}

/** Runs `use` with its own daemon, configured by the variables in `settings`, and always cleans up. */
export async function withProduct<T>(
  use: (product: Product) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'babysit-bench-'));
  const home = join(dir, 'home');
  const scratch = join(dir, 'scratch');
  mkdirSync(scratch);
  const env = { ...baseEnv(), ...settings, BABYSIT_HOME: home };
  const api = openApi(join(home, 'daemon.sock'));
  const cleanUp = (): void => {
    api.close();
    babysit(['daemon-stop', '--kill_tasks'], env);
    rmSync(dir, { recursive: true, force: true });
  };
  const onSignal = (): void => {
    cleanUp();
    process.exit(130);
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    babysit(['daemon-start'], env);
    const { pid } = await api.ping();
    return await use({
      home,
      scratch,
      daemonPid: pid,
      api,
      env,
      body: (command, changes) => ({
        command,
        ...SMALL,
        ...changes,
        caller: { cwd: scratch, project: scratch, env: { PATH: process.env.PATH ?? '/usr/bin:/bin' } },
      }),
      attemptDir: (id) => join(home, 'tasks', id, '1'),
    });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    cleanUp();
  }
}

/** Starts a task that holds all cores, so that queued tasks stay pending. */
export async function holdHost({ api, body }: Product): Promise<void> {
  const changes = { estimated_cpu_cores: String(availableParallelism()), estimated_time: '1h' };
  await api.submit(body('sleep 3600', { ...changes, observability_interval: '0' }));
}

/** Failing commands would make the figures meaningless. */
export function assertCompleted(task: TaskView, { home }: Product): void {
  if (task.status === 'completed') return;
  const log = readFileSync(join(home, 'daemon.log'), 'utf8').split('\n').slice(-20).join('\n');
  throw new Error(`task ${task.name} is ${task.status}: ${JSON.stringify(task)}\n${log}`);
}

function babysit(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stdout, stderr } = spawnSync(LAUNCHER, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`babysit ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

/** Drops the caller's settings, which would change the figures. */
function baseEnv(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('BABYSIT_'));
  // The benchmark itself uses cores outside of tasks.
  const quiet = { BABYSIT_ADMISSION_COUNT_OUTSIDE_CPU: 'false' };
  return { ...Object.fromEntries(own), ...quiet, BABYSIT_NODE: process.execPath };
}
