// Watches the directory of an attempt for records, and looks at its processes now and then.
import { type FSWatcher, watch } from 'node:fs';
import type { Records } from '../exec/records.ts';
import { isAlive } from '../procfs/process/process-identity.ts';

/** Without inotify. */
const POLL_MS = 50;
/** A supervisor that was killed changes no file. */
const LOST_POLL_MS = 1000;

export function watchAttempt(dir: string, onChange: () => void): { close(): void } {
  let watcher: FSWatcher | null = null;
  let timer = setInterval(onChange, LOST_POLL_MS);
  const pollOften = (): void => {
    clearInterval(timer);
    timer = setInterval(onChange, POLL_MS);
  };
  try {
    watcher = watch(dir, onChange);
    watcher.on('error', pollOften);
  } catch {
    // The user has no free inotify instance or watch.
    pollOften();
  }
  return {
    close() {
      clearInterval(timer);
      watcher?.close();
    },
  };
}

/** The end of the command will not be recorded. Read the records again: the supervisor may have written them since. */
export function isSupervisorLost({ supervisor, started, exit }: Records): boolean {
  if (exit !== null || supervisor === null || started === null || isAlive(supervisor)) return false;
  return started.main === null || !isAlive(started.main);
}
