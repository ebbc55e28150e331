// A handle for checking often whether a process is alive: an open /proc file refers to one process, whatever gets its pid.
import { closeSync, openSync, readSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

const buffer = Buffer.allocUnsafe(128);
const ZERO = 48;

/** A check is one read of 2 us. `isAlive` of an identity opens, reads, parses and closes: 15 us. */
export class ProcessHandle {
  readonly #identity: ProcessIdentity;
  /** Of /proc/PID/statm. Null: check the identity instead. */
  readonly #fd: number | null;

  constructor(identity: ProcessIdentity) {
    this.#identity = identity;
    this.#fd = identity.startTicks === null ? null : openStatm(identity);
  }

  /** False for a zombie. Do not call after `close`. */
  isAlive(): boolean {
    if (this.#fd === null) return isAlive(this.#identity);
    try {
      // proc(5), statm: a zombie has 0 pages; for an ended process read fails with ESRCH.
      return readSync(this.#fd, buffer, 0, buffer.length, 0) > 0 && buffer[0] !== ZERO;
    } catch {
      return false;
    }
  }

  /** Call once. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }
}

/** Returns null when the process has ended, /proc does not exist, or no file descriptor is left. */
function openStatm(identity: ProcessIdentity): number | null {
  let fd: number;
  try {
    fd = openSync(`/proc/${identity.pid}/statm`, 'r');
  } catch {
    return null;
  }
  // Check after the open: the file then belongs to this process and not to a later one with the same pid.
  if (isAlive(identity)) return fd;
  closeSync(fd);
  return null;
}
