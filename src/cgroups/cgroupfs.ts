// The only access to cgroupfs: every read, write, mkdir and rmdir of this room. Errors of the kernel are values.
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
import { DriverError } from './port.ts';
import { single, singleIn } from './usage.ts';

/** An errno name such as `EBUSY`. */
export type Errno = string;

function attempt<T>(operation: () => T): { readonly value: T } | { readonly errno: Errno } {
  try {
    return { value: operation() };
  } catch (error) {
    return { errno: errnoOf(error) };
  }
}

function errnoFrom(operation: () => unknown): Errno | null {
  const outcome = attempt(operation);
  return 'errno' in outcome ? outcome.errno : null;
}

/** Rethrows an error that has no errno. */
function errnoOf(error: unknown): Errno {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

/** The group or process no longer exists: no name, no group of an open file, no process. */
export function isGone(errno: Errno): boolean {
  return errno === 'ENOENT' || errno === 'ENODEV' || errno === 'ESRCH';
}

export function read(path: string): string | null {
  // With utf8, Node has a fast path that needs no fstat and no new buffer of 64 KiB.
  const outcome = attempt(() => readFileSync(path, 'utf8'));
  return 'value' in outcome ? outcome.value : null;
}

/** Returns null on success. Does not create files: O_CREAT turns the ENOENT of a missing controller into EACCES. */
export function write(path: string, value: string): Errno | null {
  return errnoFrom(() => {
    const fd = openSync(path, constants.O_WRONLY);
    try {
      writeSync(fd, value);
    } finally {
      closeSync(fd);
    }
  });
}

/** Returns null on success. */
export function makeGroup(path: string): Errno | null {
  return errnoFrom(() => mkdirSync(path));
}

/** Removes a group and the empty groups below it. Returns null when the group no longer exists. */
export function removeGroup(path: string): Errno | null {
  const errno = remove(path);
  const children = errno === null ? [] : childGroups(path);
  for (const child of children) removeGroup(child);
  return children.length === 0 ? errno : remove(path);
}

function remove(path: string): Errno | null {
  const errno = errnoFrom(() => rmdirSync(path));
  return errno !== null && isGone(errno) ? null : errno;
}

/** Removes the group if it has no processes and no child groups. */
export function removeIfEmpty(path: string): void {
  attempt(() => rmdirSync(path));
}

export function exists(path: string): boolean {
  return existsSync(path);
}

/** The child groups, as absolute paths. kernfs sets nlink to 2 + children, so most calls need no listing. */
export function childGroups(path: string): string[] {
  const outcome = attempt(() => {
    if (statSync(path).nlink <= 2) return [];
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`);
  });
  return 'value' in outcome ? outcome.value : [];
}

/** The processes in the group itself. A 0 stands for a process outside of the pid namespace and is left out. */
export function processesAt(path: string): number[] {
  const lines = (read(`${path}/cgroup.procs`) ?? '').split('\n');
  return lines.map(Number).filter((pid) => pid > 0);
}

export function processesIn(path: string): number[] {
  return [...processesAt(path), ...childGroups(path).flatMap(processesIn)];
}

/** A file that is read repeatedly: opened at the first read, then one pread per read. */
export interface Counter {
  /** Returns null when the group or the file does not exist. */
  read(): string | null;
  /** The number in a one-line file, without creating a string; null as above, Infinity for `max`. */
  number(): number | null;
  close(): void;
}

/** Larger than any counter file, so that one pread gets the whole text. */
const buffer = Buffer.allocUnsafe(64 * 1024);

/** `whenAbsent`: whether the file may appear later, as that of a group that a unit creates. */
export function counter(path: string, whenAbsent: 'never' | 'later' = 'never'): Counter {
  let state: number | 'unopened' | 'closed' = 'unopened';

  /** Returns the number of bytes read into the buffer; null when the file does not exist. */
  function fill(): number | null {
    if (state === 'unopened') {
      const opened = attempt(() => openSync(path, 'r'));
      // Running out of file descriptors does not mean that the group is gone.
      if ('errno' in opened && !isGone(opened.errno)) {
        throw new DriverError(
          opened.errno,
          path,
          `cannot open ${path}: ${opened.errno}. On EMFILE raise ulimit -n`,
        );
      }
      if ('value' in opened) state = opened.value;
      else if (whenAbsent === 'never') state = 'closed';
    }
    if (typeof state === 'string') return null;
    try {
      return readSync(state, buffer, 0, buffer.length, 0);
    } catch (error) {
      errnoOf(error);
      return null;
    }
  }

  return {
    read() {
      const length = fill();
      return length === null ? null : buffer.toString('latin1', 0, length);
    },
    number() {
      const length = fill();
      return length === null ? null : singleIn(buffer, length);
    },
    close() {
      if (typeof state === 'number') closeSync(state);
      state = 'closed';
    },
  };
}

/** Keeps the last reading of a file that cannot be opened: without its limit, a host would seem to have more room. */
export function lasting(file: Counter): Counter {
  return {
    read: keepsLast(() => file.read()),
    number: keepsLast(() => file.number()),
    close: () => file.close(),
  };
}

function keepsLast<T>(read: () => T | null): () => T | null {
  let last: T | null = null;
  return () => {
    try {
      last = read();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
    return last;
  };
}

export function copied(copies: ReadonlyMap<string, string>): (path: string) => Counter {
  return (path) => {
    const text = copies.get(path) ?? null;
    return { read: () => text, number: () => single(text), close() {} };
  };
}
