// The small process that forks supervisors for the daemon. It holds nothing: when it dies, another one takes over.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from './launch-script.ts';

export interface Spawner {
  /** Starts the supervisor of an attempt whose directory and launch script are written. */
  start(dir: string): void;
  /** Niceness of the supervisors that are started from now on. */
  readonly nice: number;
  setNice(nice: number): void;
  /** Ends the spawner; the supervisors it has started go on. */
  close(): void;
}

const SPAWNER_SCRIPT = join(import.meta.dirname, 'spawner.sh');
const SUPERVISOR_SCRIPT = join(import.meta.dirname, 'supervisor.sh');
const RESTART_MS = 100;
/** By then a supervisor has claimed its attempt, or the attempt's own deadline has passed. */
const REMEMBERED_MS = 30_000;

/**
 * `nice` is the niceness of the spawner and of all it starts: given once, it costs no process for each task.
 * `lost` is told when the spawner ended without being asked to.
 */
export function openSpawner(tools: Tools, nice: number, lost: (how: string) => void): Spawner {
  const locale = process.env.LC_ALL || process.env.LANG || '';
  const sent = new Map<string, number>();
  let niceness = nice;
  let isClosed = false;
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
      setTimeout(reopen, RESTART_MS);
    };
    child.once('exit', (code, signal) => gone(`exit ${signal ?? code}`));
    child.once('error', (error) => gone(error.message));
    return child;
  }

  function reopen(): void {
    if (isClosed) return;
    shell = open();
    // The claim makes a directory that is sent twice harmless.
    for (const dir of sent.keys()) if (!existsSync(join(dir, 'claim'))) send(dir);
  }

  function send(dir: string): void {
    shell.stdin?.write(`${dir}\n`);
  }

  return {
    get nice() {
      return niceness;
    },
    start(dir) {
      const now = performance.now();
      for (const [old, at] of sent) {
        if (now - at < REMEMBERED_MS) break;
        sent.delete(old);
      }
      sent.set(dir, now);
      send(dir);
    },
    setNice(nice) {
      if (nice === niceness) return;
      niceness = nice;
      // It starts what it has been sent and ends; a spawner cannot lower its own niceness, another one can begin lower.
      shell.stdin?.end();
      shell.unref();
      shell = open();
    },
    close() {
      isClosed = true;
      shell.stdin?.end();
      shell.unref();
    },
  };
}
