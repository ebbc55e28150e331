// Creates a directory with its parents, one at a time: mkdir with `recursive` never returns under /proc.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Keeps what exists. New directories get `mode`. Throws the error of mkdir(2). */
export function makeDirectories(dir: string, mode = 0o777): void {
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(dir) === dir) throw error;
    makeDirectories(dirname(dir), mode);
    mkdirSync(dir, { mode });
  }
}
