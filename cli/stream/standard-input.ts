// Reads the standard input of this command.
import { constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export function standardInput(): Readable {
  const stat = fstatSync(0);
  // For these the stream of Node is empty and has no error.
  if (stat.isBlockDevice() || stat.isDirectory()) return createReadStream('', { fd: 0 });
  return (stat.isFIFO() ? openAgain() : null) ?? process.stdin;
}

/**
 * Node makes a pipe non-blocking for all processes that share it, and one that is killed leaves it so. Only a pipe that was
 * opened again is of this process alone. Null where it cannot be: a pipe of another user, or no /proc.
 */
function openAgain(): Readable | null {
  try {
    const fd = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch {
    return null;
  }
}
