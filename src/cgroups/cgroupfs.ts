// The one door to cgroupfs: every read, write, mkdir and rmdir of this folder, with the kernel's refusals as values.
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { DriverError } from './driver.ts';

/** An errno name such as `EBUSY`. */
export type Errno = string;

/** Runs a file operation; returns what it returned, or the errno the kernel answered with. */
function attempt<T>(operation: () => T): { readonly value: T } | { readonly errno: Errno } {
  try {
    return { value: operation() };
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
      return { errno: error.code };
    }
    throw error;
  }
}

/** The answers of a group (or process) that is no more: no name, no group behind an open file, no process. */
export function isGone(errno: Errno): boolean {
  return errno === 'ENOENT' || errno === 'ENODEV' || errno === 'ESRCH';
}

/** The file's text; null when it cannot be read, for whatever reason. */
export function read(path: string): string | null {
  const outcome = attempt(() => readFileSync(path, 'latin1'));
  return 'value' in outcome ? outcome.value : null;
}

/** Null when written. Never creates: O_CREAT would turn "no such controller" into EACCES. */
export function write(path: string, value: string): Errno | null {
  const outcome = attempt(() => {
    const fd = openSync(path, constants.O_WRONLY);
    try {
      writeSync(fd, value);
    } finally {
      closeSync(fd);
    }
  });
  return 'errno' in outcome ? outcome.errno : null;
}

/** Null when made. */
export function makeGroup(path: string): Errno | null {
  const outcome = attempt(() => void mkdirSync(path));
  return 'errno' in outcome ? outcome.errno : null;
}

/** Removes a group and, first, the empty groups below it. Null when none is left. */
export function removeGroup(path: string): Errno | null {
  for (const child of childGroups(path)) removeGroup(child);
  const outcome = attempt(() => rmdirSync(path));
  return 'errno' in outcome && !isGone(outcome.errno) ? outcome.errno : null;
}

/** Removes only the group itself, and only when it has neither processes nor groups. */
export function removeIfEmpty(path: string): void {
  attempt(() => rmdirSync(path));
}

export function exists(path: string): boolean {
  return existsSync(path);
}

/** The groups right below, as absolute paths. kernfs keeps nlink at 2 + children, which spares most calls the listing. */
export function childGroups(path: string): string[] {
  const outcome = attempt(() => {
    if (statSync(path).nlink <= 2) return [];
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`);
  });
  return 'value' in outcome ? outcome.value : [];
}

/** The processes in the group itself. 0 stands for one outside our pid namespace and is left out. */
export function processesAt(path: string): number[] {
  const lines = (read(`${path}/cgroup.procs`) ?? '').split('\n');
  return lines.map(Number).filter((pid) => pid > 0);
}

/** Every process in the group and below it. */
export function processesIn(path: string): number[] {
  return [...processesAt(path), ...childGroups(path).flatMap(processesIn)];
}

/** A file read again and again: opened at the first read, then one pread each time. */
export interface Counter {
  /** Null when the group is gone, or the kernel has no such file. */
  read(): string | null;
  close(): void;
}

/** Larger than any counter file of one group; they are rendered by the kernel in one piece. */
const buffer = Buffer.allocUnsafe(64 * 1024);

export function counter(path: string): Counter {
  let state: number | 'unopened' | 'closed' = 'unopened';
  return {
    read() {
      if (state === 'unopened') {
        const opened = attempt(() => openSync(path, 'r'));
        // Out of descriptors is no sign that the group is gone: that must not be mistaken for an end.
        if ('errno' in opened && !isGone(opened.errno)) {
          throw new DriverError(
            opened.errno,
            path,
            `cannot open ${path}: ${opened.errno}; raise ulimit -n if EMFILE`,
          );
        }
        state = 'value' in opened ? opened.value : 'closed';
      }
      if (state === 'closed') return null;
      const fd = state;
      const got = attempt(() => readSync(fd, buffer, 0, buffer.length, 0));
      return 'value' in got ? buffer.toString('latin1', 0, got.value) : null;
    },
    close() {
      if (typeof state === 'number') closeSync(state);
      state = 'closed';
    },
  };
}

/** Counters that say what they said when they were copied. */
export function copied(copies: ReadonlyMap<string, string>): (path: string) => Counter {
  return (path) => ({ read: () => copies.get(path) ?? null, close() {} });
}
