// Whether one very process lives, asked again and again: its file in /proc is kept open, which names it whoever gets the pid later.
import { closeSync, openSync, readSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

export interface HeldProcess {
  /** False for a zombie too. */
  isAlive(): boolean;
  close(): void;
}

const buffer = Buffer.allocUnsafe(128);
const ZERO = 48;

/** One read of 2 us a question, where `isAlive` of an identity opens, reads, closes and parses: 15 us. */
export function holdProcess(identity: ProcessIdentity): HeldProcess {
  let fd = identity.startTicks === null ? null : openStatm(identity.pid);
  // Opened first, compared after: what the file names is the process that was asked for.
  const isHeld = fd !== null && isAlive(identity);
  return {
    isAlive() {
      if (!isHeld || fd === null) return identity.startTicks === null && isAlive(identity);
      try {
        // proc(5), statm: a process that has given back its memory, as a zombie has, shows 0 pages; one that is gone, ESRCH.
        return readSync(fd, buffer, 0, buffer.length, 0) > 0 && buffer[0] !== ZERO;
      } catch {
        return false;
      }
    },
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

/** Null: it is gone already. */
function openStatm(pid: number): number | null {
  try {
    return openSync(`/proc/${pid}/statm`, 'r');
  } catch {
    return null;
  }
}
