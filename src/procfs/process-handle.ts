// A handle on one process, for asking again and again whether it lives: an open file in /proc names that process alone.
import { closeSync, openSync, readSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

const buffer = Buffer.allocUnsafe(128);
const ZERO = 48;

/** One question is one read of 2 us, where `isAlive` of an identity opens, reads, closes and parses: 15 us. */
export class ProcessHandle {
  readonly #identity: ProcessIdentity;
  /** Of /proc/PID/statm. Null: every question goes by the identity. */
  readonly #fd: number | null;

  constructor(identity: ProcessIdentity) {
    this.#identity = identity;
    this.#fd = identity.startTicks === null ? null : openStatm(identity);
  }

  /** False for a zombie too. Not to be asked after `close`. */
  isAlive(): boolean {
    if (this.#fd === null) return isAlive(this.#identity);
    try {
      // proc(5), statm: a process that has given back its memory, as a zombie has, shows 0 pages; one that is gone, ESRCH.
      return readSync(this.#fd, buffer, 0, buffer.length, 0) > 0 && buffer[0] !== ZERO;
    } catch {
      return false;
    }
  }

  /** To be called once. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }
}

/** Null when the process has gone, there is no /proc, or no descriptor is left. */
function openStatm(identity: ProcessIdentity): number | null {
  let fd: number;
  try {
    fd = openSync(`/proc/${identity.pid}/statm`, 'r');
  } catch {
    return null;
  }
  // Opened first, compared after: so the open file belongs to the process that was asked for.
  if (isAlive(identity)) return fd;
  closeSync(fd);
  return null;
}
