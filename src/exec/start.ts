// Starts one attempt: its directory, its launch script, its supervisor.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalScript, type Launch, launchScript } from './launch-script.ts';
import type { Spawner } from './spawner.ts';

/**
 * Throws when the directory cannot be written. `dir` must not exist yet. `observe` is called when it is there and nothing has
 * happened in it, so that whoever watches it misses nothing.
 */
export function startAttempt(spawner: Spawner, launch: Launch, observe: () => void): void {
  mkdirSync(launch.dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(launch.dir, 'launch.sh'), launchScript(launch), { mode: 0o600, flag: 'wx' });
  if (launch.journal !== null)
    writeFileSync(join(launch.dir, 'journal.sh'), journalScript(launch.journal), { mode: 0o600 });
  observe();
  spawner.start(launch.dir);
}
