// Opens files that a user or a task can replace: babysit must not block on a FIFO or write to a device.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { shortageOf } from '../core/shortages.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const MODES = {
  read: O_RDONLY,
  /** What only babysit makes: a link there is refused. */
  read_own: O_RDONLY | O_NOFOLLOW,
  update: O_RDWR,
  append: O_WRONLY | O_APPEND | O_CREAT,
  append_own: O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW,
  create: O_WRONLY | O_CREAT,
} as const;

/** The path exists and is not a regular file. */
export class NotARegularFile extends Error {}

/** Returns a descriptor. `append`, `append_own` and `create` make the file with mode 0600. Throws NotARegularFile and file system errors. */
export function openRegular(path: string, mode: keyof typeof MODES): number {
  const fd = openNow(path, MODES[mode]);
  if (fd !== null && fstatSync(fd).isFile()) return fd;
  if (fd !== null) closeSync(fd);
  throw new NotARegularFile(`not a regular file: ${path}`);
}

/** Null for a socket, and for a FIFO without a reader. */
function openNow(path: string, flags: number): number | null {
  try {
    return openSync(path, flags | O_NONBLOCK, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return null;
    throw error;
  }
}

/** The whole file. Throws NotARegularFile and file system errors. */
export function readRegular(path: string, encoding: 'utf8' | 'latin1'): string {
  return readRegularBytes(path).toString(encoding);
}

/**
 * As readRegular, without following a link; null for a file that is missing, too large, or cannot be read. Throws only what passes by waiting, see
 * shortageOf.
 */
export function readRegularOrNull(
  path: string,
  encoding: 'utf8' | 'latin1',
  maxBytes = Number.POSITIVE_INFINITY,
): string | null {
  try {
    const fd = openRegular(path, 'read_own');
    try {
      return fstatSync(fd).size > maxBytes ? null : readFileSync(fd, encoding);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (shortageOf(error) !== null) throw error;
    return null;
  }
}

/** As readRegular. */
export function readRegularBytes(path: string): Buffer {
  const fd = openRegular(path, 'read');
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Creates the file with mode 0600 in the place of what is there. Throws file system errors, such as for a directory. */
export function writeNew(path: string, content: string | Uint8Array): void {
  rmSync(path, { force: true });
  // `wx` opens nothing that another process puts there meanwhile.
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
}

/** As writeNew, through a file with the suffix `.new`: a reader sees the old file or the whole new one. */
export function replaceFile(path: string, text: string): void {
  writeNew(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
