// Wakes the caller when the kernel modifies a group's event files (inotify).
import { type FSWatcher, watch } from 'node:fs';

/** Survives the removal of the group: what fails is closed and stays silent. Returns the stop function. */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  const watchers = paths.flatMap((path) => open(path, changed) ?? []);
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

function open(path: string, changed: () => void): FSWatcher | null {
  try {
    // Not persistent: a task to watch is no reason to keep a daemon that is stopping.
    const watcher = watch(path, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    // The group is gone, or inotify watches have run out: the sampling tick is the backstop for both.
    return null;
  }
}
