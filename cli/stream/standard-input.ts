// Reads the standard input of this command.
import { constants, createReadStream, fstatSync, openSync, readlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export function standardInput(): Readable {
  const stat = fstatSync(0);
  // For these the stream of Node is empty and has no error.
  if (stat.isBlockDevice() || stat.isDirectory()) return createReadStream('', { fd: 0 });
  return (stat.isFIFO() ? openAgain() : null) ?? process.stdin;
}

const PATH = '/proc/self/fd/0';

/**
 * Node makes a pipe non-blocking for all processes that share it, and one that is killed leaves it so. Only a pipe that was
 * opened again is of this process alone. Null where it cannot be: a pipe of another user, no /proc, or a pipe with a name,
 * where poll(2) reports no end to a reader who has come after the last writer.
 */
function openAgain(): Readable | null {
  try {
    if (!readlinkSync(PATH).startsWith('pipe:')) return null;
    const fd = openSync(PATH, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch {
    return null;
  }
}
