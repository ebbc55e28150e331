// Starts one attempt: its directory, its launch script, its supervisor.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Launch, launchScript } from './launch-script.ts';

export interface Supervisor {
  readonly pid: number | null;
  /** Called once when the supervisor has gone, whatever it left behind. */
  onExit(gone: () => void): void;
}

const SUPERVISOR_SCRIPT = join(import.meta.dirname, 'supervisor.sh');

/** Throws when the directory cannot be written or the shell cannot be spawned. `dir` must not exist yet. */
export function startAttempt(launch: Launch): Supervisor {
  mkdirSync(launch.dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(launch.dir, 'launch.sh'), launchScript(launch), { mode: 0o600, flag: 'wx' });
  const child = spawn('/bin/sh', [SUPERVISOR_SCRIPT, launch.dir, launch.tools.tee, ...launch.counterFiles], {
    cwd: '/',
    // Nothing of the caller's environment reaches the supervisor (an LD_PRELOAD of the task is not ours),
    // and nothing of the daemon's reaches the command.
    env: {},
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  return {
    pid: child.pid ?? null,
    onExit(gone) {
      child.once('exit', gone);
      child.once('error', gone);
    },
  };
}
