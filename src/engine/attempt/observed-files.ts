// --observe: the growth of files that a task writes on its own, as a sign of life.
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasWildcard, matcherOf } from '../../text/glob.ts';

/** More files that match are not looked at: a pattern may cover a large directory. */
const MAX_FILES = 256;

/** What counts as output of a task. */
export interface Observation {
  readonly isStrict: boolean;
  readonly observe: readonly string[];
  readonly cwd: string;
  readonly startedAt: number;
}

/** Looks at files without waiting for them: a dead network file system must not stop the daemon. */
export class ObservedFiles {
  readonly #sizes = new Map<string, number>();
  /** A look is under way. */
  isLooking = false;
  #isFirst = true;
  #grownAt: number | null = null;

  /**
   * Starts a look at the files unless one is under way. Returns the epoch ms of the last look that found growth, null
   * without one. At the first look a file that changed after `startedAt` has grown.
   */
  look(patterns: readonly string[], cwd: string, startedAt: number, wallMs: number): number | null {
    if (patterns.length > 0 && !this.isLooking) {
      this.isLooking = true;
      void this.#lookAt(patterns, cwd, startedAt, wallMs).finally(() => {
        this.isLooking = false;
      });
    }
    return this.#grownAt;
  }

  async #lookAt(patterns: readonly string[], cwd: string, startedAt: number, wallMs: number): Promise<void> {
    for (const path of await observedPaths(patterns, cwd)) {
      const file = await regularFile(path);
      if (file === null) continue;
      const before = this.#sizes.get(path) ?? (this.#isFirst && file.mtimeMs < startedAt ? file.size : 0);
      this.#sizes.set(path, file.size);
      // A file that was truncated and written again has another size, too.
      if (file.size !== before && file.size > 0) this.#grownAt = wallMs;
    }
    this.#isFirst = false;
  }
}

/** `*`, `?` and `[...]` match within one directory; a relative pattern begins in `cwd`. */
export async function observedPaths(patterns: readonly string[], cwd: string): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns)
    for (const path of await expand(resolve(cwd, pattern))) {
      if (found.size >= MAX_FILES) return [...found];
      found.add(path);
    }
  return [...found];
}

async function expand(pattern: string): Promise<string[]> {
  let paths = ['/'];
  for (const segment of pattern.split('/').filter((word) => word !== '')) {
    if (!hasWildcard(segment)) paths = paths.map((path) => join(path, segment));
    else {
      const isMatch = matcherOf(segment);
      const listed = await Promise.all(
        paths.map(async (path) => (await namesIn(path)).filter(isMatch).map((name) => join(path, name))),
      );
      paths = listed.flat().slice(0, MAX_FILES);
    }
  }
  return paths;
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

/** Never opens the file: opening a FIFO would block, and a device may act on it. */
async function regularFile(path: string): Promise<Stats | null> {
  const file = await stat(path).catch(() => null);
  return file?.isFile() ? file : null;
}

/** Of signs of life, in epoch ms; null without any. */
export function latest(...times: readonly (number | null)[]): number | null {
  let newest: number | null = null;
  for (const at of times) if (at !== null && (newest === null || at > newest)) newest = at;
  return newest;
}
