// Listens to the file that every job writes when it begins and ends: one look tells of all of them.
import { watch } from 'node:fs';
import { readRegularOrNull } from '../../files/regular-file.ts';

/** inotify reports jobs on this machine at once, and sees no change that another machine makes. */
const LOOK_MS = 1_000;
const MAX_BYTES = 4096;

/** `rang`: called with the id of the last task that wrote. Others may have written before it. Returns the stop function. */
export function listenToBell(path: string, rang: (taskId: string) => void): () => void {
  let before = read(path);
  const look = () => {
    const text = read(path);
    // A job is writing it.
    if (text === before || text === '') return;
    before = text;
    rang(text.split(' ')[0] ?? '');
  };
  const timer = setInterval(look, LOOK_MS).unref();
  let close = () => {};
  try {
    const watcher = watch(path, { persistent: false }, look);
    watcher.on('error', () => watcher.close());
    close = () => watcher.close();
  } catch {
    // No inotify watch is left: the timer looks.
  }
  return () => {
    clearInterval(timer);
    close();
  };
}

function read(path: string): string {
  try {
    return readRegularOrNull(path, 'utf8', MAX_BYTES)?.trim() ?? '';
  } catch {
    // A shortage: the timer looks again.
    return '';
  }
}
