// Opens the directories of the daemon again that a task, which has the same user, has closed by their mode.
import { chmodSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';

/** `path` is in the directory of a task: that one, the one of all tasks, and the state directory. */
export function reopenAbove(path: string): void {
  const task = dirname(path);
  // An outer one first: without it the inner ones cannot be reached.
  for (const dir of [dirname(dirname(task)), dirname(task), task]) reopen(dir);
}

/** Leaves alone a link, and what belongs to another user. */
function reopen(dir: string): void {
  try {
    const stat = lstatSync(dir);
    if (stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & OWNER) !== OWNER)
      chmodSync(dir, (stat.mode & 0o7777) | OWNER);
  } catch {
    // It was removed, or its disk does not answer.
  }
}

const OWNER = 0o700;
