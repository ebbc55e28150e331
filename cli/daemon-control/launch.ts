// Starts the daemon process directly, in its own session, with its output in daemon.log.
import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../src/config/home.ts';
import { openRegular } from '../../src/files/regular-file.ts';

export interface Launch {
  readonly kind: 'direct' | 'systemd';
  /** Null when systemd starts the process. */
  readonly pid: number | null;
  /** Resolves with null while the process runs, then with its exit code, signal or error. */
  ended(): Promise<number | string | null>;
}

/** Flags of the daemon program: it starts no pending task. */
export const NO_DISPATCH = ['--no_dispatch'];

/** The arguments of Node for the built daemon, or for its sources. */
export function daemonArgs(flags: readonly string[]): string[] {
  const built = !import.meta.filename.endsWith('.ts');
  const program = join(import.meta.dirname, built ? 'daemon.mjs' : '../../src/daemon/main.ts');
  return [...V8, ...withoutDebugger(), program, ...flags];
}

/**
 * V8 enables Maglev since Node 24. Its code is fast enough for the daemon, and TurboFan would cost 5 MB. A Node that does
 * not know the flag does not start, so only tested versions get it.
 */
const HAS_MAGLEV =
  [24, 26].includes(Number.parseInt(process.versions.node, 10)) && ['x64', 'arm64'].includes(process.arch);
/** A small young generation saves 8 MB. */
const V8 = ['--max-semi-space-size=1', '--v8-pool-size=1', ...(HAS_MAGLEV ? ['--no-turbofan'] : [])];

/** Node opens a debugger on a TCP port at SIGUSR1. Node 22.14 and 23.7 have the flag; 23.0 to 23.6 do not start with it. */
function withoutDebugger(): string[] {
  const flag = '--disable-sigusr1';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

const CLEAN_START = join(import.meta.dirname, 'clean-start.sh');
/** The daemon needs bash too, and looks for it in the same places. */
const BASH = ['/usr/bin/bash', '/bin/bash', '/usr/local/bin/bash', '/run/current-system/sw/bin/bash'];

function findBash(): string {
  return BASH.find((path) => existsSync(path)) ?? 'bash';
}

/** libuv resets the signals that the caller ignores; the script resets the rest. */
export function launchDetached(home: Home, env: Record<string, string>, flags: readonly string[]): Launch {
  const log = openRegular(home.log, 'append');
  let ended: number | string | null = null;
  const child = spawn(findBash(), [CLEAN_START, process.execPath, ...daemonArgs(flags)], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, signal) => {
    ended = code ?? signal ?? 'unknown';
  });
  child.unref();
  closeSync(log);
  return { kind: 'direct', pid: child.pid ?? null, ended: async () => ended };
}
