// Runs the readiness command of a task: in its group, its directory and its environment, one at a time.
import { type ChildProcess, spawn } from 'node:child_process';
import { shellQuote } from '../text/shell.ts';
import type { Environment } from './environment.ts';

export interface ProbeCommand {
  readonly bash: string;
  readonly line: string;
  readonly cwd: string;
  readonly env: Environment;
  /** See Group.entryFiles. */
  readonly entryFiles: readonly string[];
}

/** A run that takes longer counts as failed and is killed. */
const PROBE_MS = 10_000;

export class Probe {
  /** The environment is read for each run, so that no secret stays in memory. */
  readonly #command: () => ProbeCommand;
  #running: ChildProcess | null = null;
  #hasSucceeded = false;

  constructor(command: () => ProbeCommand) {
    this.#command = command;
  }

  /** Returns true once a run has exited with 0. Starts a run unless one runs. */
  poll(): boolean {
    if (!this.#hasSucceeded && this.#running === null) this.#start();
    return this.#hasSucceeded;
  }

  close(): void {
    kill(this.#running);
  }

  #start(): void {
    const { bash, line, cwd, env, entryFiles } = this.#command();
    const enter = entryFiles.map((file) => `echo 0 >${shellQuote(file)} || exit 125`);
    const script = [
      ...enter,
      `cd ${shellQuote(cwd)} || exit 125`,
      `exec ${shellQuote(bash)} -c ${shellQuote(line)}`,
    ];
    const child = spawn(bash, ['-c', script.join('\n')], { cwd: '/', env, stdio: 'ignore', detached: true });
    this.#running = child;
    const timer = setTimeout(() => kill(child), PROBE_MS);
    const ended = (code: number | null): void => {
      clearTimeout(timer);
      if (this.#running === child) this.#running = null;
      if (code === 0) this.#hasSucceeded = true;
    };
    child.once('exit', ended);
    child.once('error', () => ended(null));
  }
}

/** `detached` made the child the leader of a process group. */
function kill(child: ChildProcess | null): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended since.
  }
}
