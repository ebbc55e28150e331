// Starts an attempt: creates its directory and requests its supervisor.
import { mkdirSync } from 'node:fs';
import { journalScript, type Launch, launchScript } from './launch-script.ts';
import type { Spawner, SpawnRequest } from './spawner.ts';

/** Observes the start of an attempt. */
export interface Observer {
  /** Called when the directory exists and is still empty. */
  observe(): void;
  /** True while the attempt needs a supervisor and none has claimed it. */
  awaitsSupervisor(): boolean;
}

/** Calls `describe` again if the spawner dies. Throws when the directory cannot be created. */
export function startAttempt(spawner: Spawner, describe: () => Launch, observer: Observer): void {
  const launch = describe();
  mkdirSync(launch.dir, { recursive: true, mode: 0o700 });
  observer.observe();
  spawner.start(spawnRequest(launch), {
    awaitsSupervisor: () => observer.awaitsSupervisor(),
    request: () => spawnRequest(describe()),
  });
}

export function spawnRequest(launch: Launch): SpawnRequest {
  const { dir, log, journal } = launch;
  return { dir, log, journal: journal === null ? '' : journalScript(journal), launch: launchScript(launch) };
}
