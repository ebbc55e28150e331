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
    return watcher;
  } catch {
    // The file was deleted, or no inotify watch is left. The sampling tick handles both.
    return null;
  }
}
