// A small file system of a test's own, which can be filled to the last byte.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { tempDir } from './temp-dir.ts';
import { waitUntil } from './wait-until.ts';

/** For a test's `skip`. */
export const NEEDS_MOUNT = process.getuid?.() === 0 ? false : 'mounting a small file system needs root';

export interface SmallDisk {
  readonly dir: string;
  /** Fills it; returns the function that frees the space again. */
  fill(): () => void;
  /** Uses every inode; returns the function that frees them again. */
  fillInodes(): () => void;
  /** Mounts it again, read-only or not. */
  setReadOnly(isReadOnly: boolean): void;
}

/** `size` as mount(8) takes it for a tmpfs. Unmounted when the test has ended. */
export function smallDisk(t: TestContext, size: string): SmallDisk {
  const dir = tempDir(t, async () => {
    // A process that has just ended may still keep it busy.
    await waitUntil(() => spawnSync('umount', [dir]).status === 0, { what: `${dir} to be unmounted` });
  });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir]);
  return {
    dir,
    fill() {
      const filler = join(dir, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(64 * 1024 ** 2));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
      return () => rmSync(filler);
    },
    fillInodes() {
      const junk = join(dir, 'junk');
      mkdirSync(junk);
      try {
        for (let n = 0; ; n += 1) writeFileSync(join(junk, String(n)), '');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
      return () => rmSync(junk, { recursive: true });
    },
    setReadOnly: (isReadOnly) => {
      execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, dir]);
    },
  };
}
