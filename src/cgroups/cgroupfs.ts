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
import { DriverError } from './port.ts';
import { single, singleIn } from './usage.ts';

/** An errno name such as `EBUSY`. */
export type Errno = string;

/** Runs a file operation; returns what it returned, or the errno the kernel answered with. */
function attempt<T>(operation: () => T): { readonly value: T } | { readonly errno: Errno } {
  try {
    return { value: operation() };
  } catch (error) {
    return { errno: errnoOf(error) };
  }
}

/** Throws what is no answer of the kernel. */
function errnoOf(error: unknown): Errno {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

/** The answers of a group (or process) that is no more: no name, no group behind an open file, no process. */
export function isGone(errno: Errno): boolean {
  return errno === 'ENOENT' || errno === 'ENODEV' || errno === 'ESRCH';
}

/** The file's text; null when it cannot be read, for whatever reason. */
export function read(path: string): string | null {
  // utf8 alone has a way in Node that neither asks for the size nor takes a new buffer of 64 KiB because there is none.
  const outcome = attempt(() => readFileSync(path, 'utf8'));
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

/** Removes a group and, before it, the empty groups below it. Null when none is left. */
export function removeGroup(path: string): Errno | null {
  const errno = remove(path);
  const children = errno === null ? [] : childGroups(path);
  for (const child of children) removeGroup(child);
  return children.length === 0 ? errno : remove(path);
}

function remove(path: string): Errno | null {
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
  /** Of a one-line file its number, without a string in between; null as above, Infinity for `max`. */
  number(): number | null;
  close(): void;
}

/** Larger than any counter file of one group; they are rendered by the kernel in one piece. */
const buffer = Buffer.allocUnsafe(64 * 1024);

/** `whenAbsent`: what a failure to open it says. A group that its unit is still to make comes later. */
export function counter(path: string, whenAbsent: 'never' | 'later' = 'never'): Counter {
  let state: number | 'unopened' | 'closed' = 'unopened';

  /** Bytes read into the buffer; null when there is nothing to read from. */
  function fill(): number | null {
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

/** Counters that say what they said when they were copied. */
export function copied(copies: ReadonlyMap<string, string>): (path: string) => Counter {
  return (path) => {
    const text = copies.get(path) ?? null;
    return { read: () => text, number: () => single(text), close() {} };
  };
}
