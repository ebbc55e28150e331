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

/** Throws when the directory cannot be made. */
export function startAttempt(spawner: Spawner, launch: Launch, observer: Observer): void {
  mkdirSync(launch.dir, { recursive: true, mode: 0o700 });
  observer.observe();
  spawner.start(spawnRequest(launch), () => observer.isToBegin());
}

export function spawnRequest(launch: Launch): SpawnRequest {
  const { dir, journal } = launch;
  return { dir, journal: journal === null ? '' : journalScript(journal), launch: launchScript(launch) };
}
