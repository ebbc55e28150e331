// Watches files with inotify, such as the event files of a group.
import { type FSWatcher, watch } from 'node:fs';

/** Closes a watch that fails, as after the removal of the file. Returns the stop function. */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  const watchers = paths.flatMap((path) => open(path, changed) ?? []);
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

function open(path: string, changed: () => void): FSWatcher | null {
  try {
    // Not persistent: a watch must not keep a stopping daemon alive.
    const watcher = watch(path, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    shortage = null;
    return watcher;
  } catch (error) {
    // The file was deleted, or no inotify watch is left. The sampling tick handles both.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE') shortage = 'instances';
    else if (code === 'ENOSPC') shortage = 'watches';
    return null;
  }
}

let shortage: 'instances' | 'watches' | null = null;

/** What inotify lacked at the last watch: events are then seen at the next sample only. */
export function inotifyShortage(): 'instances' | 'watches' | null {
  return shortage;
}
