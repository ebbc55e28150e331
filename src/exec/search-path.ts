// Makes `babysit` known to a task: adds its directory to PATH when the caller's PATH does not find it.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isExecutable } from '../procfs/executable.ts';
import { pathOf } from '../text/bytes.ts';

/** The nearest directory above this file that holds the launcher; null without one. */
const BIN_DIR = dirWithLauncher(import.meta.dirname);

/** The directory comes last, so that it hides no program of the caller. `cwd`: where an empty or relative entry begins. */
export function pathWithBabysit(path: string, cwd: string, binDir: string | null = BIN_DIR): string {
  if (binDir === null || binDir.includes(':')) return path;
  const isFound = path.split(':').some((dir) => isExecutable(pathOf(join(resolve(cwd, dir), 'babysit'))));
  return isFound ? path : `${path}:${binDir}`;
}

function dirWithLauncher(dir: string): string | null {
  if (existsSync(join(dir, 'babysit'))) return dir;
  return dirname(dir) === dir ? null : dirWithLauncher(dirname(dir));
}
