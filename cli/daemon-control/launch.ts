// Starts the daemon's process directly: in a session of its own, with its words going to daemon.log.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../src/config/home.ts';

export interface Launch {
  readonly kind: 'direct' | 'systemd';
  /** Null where only systemd knows. */
  readonly pid: number | null;
  /** How the process ended: its exit code or why it is gone; null while it lives. */
  ended(): Promise<number | string | null>;
}

/** The daemon beside this program, built or (unbuilt) its sources. */
export function daemonArgs(): string[] {
  const built = !import.meta.filename.endsWith('.ts');
  const program = join(import.meta.dirname, built ? 'daemon.mjs' : '../../src/daemon/main.ts');
  return [...V8, program];
}

/**
 * V8 has Maglev switched on since Node 24: for a daemon its code is as fast as TurboFan's, without 5 MB of compiler. A Node
 * that does not know the flag does not start, so it is given to those only that it was tried with.
 */
const HAS_MAGLEV =
  [24, 26].includes(Number.parseInt(process.versions.node, 10)) && ['x64', 'arm64'].includes(process.arch);
/** A small young generation keeps 8 MB off its back. */
const V8 = ['--max-semi-space-size=1', ...(HAS_MAGLEV ? ['--no-turbofan'] : [])];

export function launchDetached(home: Home, env: Record<string, string>): Launch {
  // Read-only for others from the first byte on; the umask is the daemon's too.
  process.umask(0o077);
  const log = openSync(home.log, 'a', 0o600);
  let ended: number | string | null = null;
  const child = spawn(process.execPath, daemonArgs(), {
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
