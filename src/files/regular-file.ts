// Opens files that a task can replace: the daemon must not block on a FIFO or write to a device.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const MODES = {
  read: O_RDONLY,
  update: O_RDWR,
  append: O_WRONLY | O_APPEND | O_CREAT,
  create: O_WRONLY | O_CREAT,
} as const;

/** The path exists and is not a regular file. */
export class NotARegularFile extends Error {}

/** Returns a descriptor. `append` and `create` make the file with mode 0600. Throws NotARegularFile and file system errors. */
export function openRegular(path: string, mode: keyof typeof MODES): number {
  const fd = openSync(path, MODES[mode] | O_NONBLOCK, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new NotARegularFile(`not a regular file: ${path}`);
}

/** The whole file. Throws NotARegularFile and file system errors. */
export function readRegular(path: string, encoding: 'utf8' | 'latin1'): string {
  const fd = openRegular(path, 'read');
  try {
    return readFileSync(fd, encoding);
  } finally {
    closeSync(fd);
  }
}
