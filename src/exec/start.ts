// Starts one attempt: its directory, and its supervisor.
import { mkdirSync } from 'node:fs';
import { journalScript, type Launch, launchScript } from './launch-script.ts';
import type { Spawner, SpawnRequest } from './spawner.ts';

/** Whoever watches the attempt. */
export interface Observer {
  /** The directory is there, and nothing has happened in it yet. */
  observe(): void;
  /** No supervisor has been seen, and one is still wanted. */
  isToBegin(): boolean;
}

/** `describe` is asked again should the spawner die. Throws when the directory cannot be made. */
export function startAttempt(spawner: Spawner, describe: () => Launch, observer: Observer): void {
  const launch = describe();
  mkdirSync(launch.dir, { recursive: true, mode: 0o700 });
  observer.observe();
  spawner.start(spawnRequest(launch), {
    isToBegin: () => observer.isToBegin(),
    request: () => spawnRequest(describe()),
  });
}

export function spawnRequest(launch: Launch): SpawnRequest {
  const { dir, journal } = launch;
  return { dir, journal: journal === null ? '' : journalScript(journal), launch: launchScript(launch) };
}
