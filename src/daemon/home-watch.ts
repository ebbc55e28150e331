// Detects that the state directory or its database was moved, deleted or replaced while the daemon runs.
import { openSync, readlinkSync, type Stats, statSync } from 'node:fs';
import type { Home } from '../config/home.ts';

/** Call when the database exists. The returned function is cheap: why clients no longer find this daemon, or null. */
export function watchHome({ dir, database }: Home): () => string | null {
  const homeStat = statSync(dir);
  // A file system without shared memory has no log of changes.
  const files = [database, `${database}-wal`].flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ path, stat }];
  });
  // A descriptor follows the directory when it is moved.
  const fd = openSync(dir, 'r');
  return () => {
    if (isSame(dir, homeStat)) {
      const lost = files.find(({ path, stat }) => !isSame(path, stat));
      return lost === undefined ? null : `its database ${lost.path} was moved or deleted`;
    }
    const now = locationOf(fd);
    return now === null || now.endsWith(' (deleted)') || now === dir
      ? `its state directory ${dir} was deleted`
      : `its state directory ${dir} was moved to ${now}`;
  };
}

/** True as well when the file cannot be examined. */
function isSame(path: string, { dev, ino }: Stats): boolean {
  try {
    const now = statSync(path);
    return now.dev === dev && now.ino === ino;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

/** Null without /proc. */
function locationOf(fd: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}
