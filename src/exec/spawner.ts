// The small process that forks supervisors for the daemon. It holds nothing: when it dies, another one takes over.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Tools } from './launch-script.ts';

export interface Spawner {
  /** Starts the supervisor of an attempt whose directory is there; should the spawner die meanwhile, again. */
  start(request: SpawnRequest, again: Again): void;
  /** Niceness of the supervisors that are started from now on. */
  readonly nice: number;
  setNice(nice: number): void;
  /** Ends the spawner; the supervisors it has started go on. */
  close(): void;
}

/** What spawner.sh is told of an attempt. */
export interface SpawnRequest {
  readonly dir: string;
  /** See journalScript; empty: no journal. */
  readonly journal: string;
  /** See launchScript. */
  readonly launch: string;
}

/** To start an attempt again that no supervisor has claimed. A request holds an environment: none is kept for this. */
export interface Again {
  isToBegin(): boolean;
  request(): SpawnRequest;
}

/** As spawner.sh reads it. */
export function requestText({ dir, journal, launch }: SpawnRequest): string {
  const sizes = [dir, journal, launch].map((part) => Buffer.byteLength(part));
  return `${sizes.join(' ')}\n${dir}${journal}${launch}`;
}

const SPAWNER_SCRIPT = join(import.meta.dirname, 'spawner.sh');
const SUPERVISOR_SCRIPT = join(import.meta.dirname, 'supervisor.sh');
const RESTART_MS = 100;

/**
 * `nice` is the niceness of the spawner and of all it starts: given once, it costs no process for each task.
 * `lost` is told when the spawner ended without being asked to.
 */
export function openSpawner(tools: Tools, nice: number, lost: (how: string) => void): Spawner {
  // biome-ignore lint/style/noProcessEnv: the spawner's shell prints in the daemon's locale
  const locale = process.env.LC_ALL || process.env.LANG || '';
  const sent = new Set<Again>();
  let niceness = nice;
  let isClosed = false;
  let reopening: NodeJS.Timeout | undefined;
  let shell = open();

  function open(): ChildProcess {
    const child = spawn(
      tools.nice,
      ['-n', String(niceness), tools.bash, SPAWNER_SCRIPT, SUPERVISOR_SCRIPT, tools.cat, locale],
      {
        cwd: '/',
        // Nothing of the caller's environment reaches a supervisor (an LD_PRELOAD of the task is not ours),
        // and nothing of the daemon's reaches the command.
        env: {},
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
      },
    );
    // A write that meets a dead spawner is repeated by its successor.
    child.stdin?.on('error', () => {});
    let isGone = false;
    const gone = (how: string) => {
      if (isClosed || isGone || child !== shell) return;
      isGone = true;
      lost(how);
      reopening = setTimeout(reopen, RESTART_MS);
    };
    child.once('exit', (code, signal) => gone(`exit ${signal ?? code}`));
    child.once('error', (error) => gone(error.message));
    return child;
  }

  function reopen(): void {
    clearTimeout(reopening);
    if (isClosed) return;
    shell = open();
    // The claim makes a request that is sent twice harmless.
    for (const again of sent) if (again.isToBegin()) send(again.request());
  }

  function send(request: SpawnRequest): void {
    shell.stdin?.write(requestText(request));
  }

  return {
    get nice() {
      return niceness;
    },
    start(request, again) {
      for (const earlier of sent) if (!earlier.isToBegin()) sent.delete(earlier);
      sent.add(again);
      send(request);
    },
    setNice(nice) {
      if (nice === niceness) return;
      niceness = nice;
      // It starts what it has been sent and ends; a spawner cannot lower its own niceness, another one can begin lower.
      shell.stdin?.end();
      shell.unref();
      reopen();
    },
    close() {
      isClosed = true;
      shell.stdin?.end();
      shell.unref();
    },
  };
}
