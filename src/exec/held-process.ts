// Whether one very process lives, asked again and again: its file in /proc is kept open, which names it whoever gets the pid later.
import { closeSync, openSync, readSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

export interface HeldProcess {
  /** False for a zombie too. Not to be asked after `close`. */
  isAlive(): boolean;
  /** Once. */
  close(): void;
}

const buffer = Buffer.allocUnsafe(128);
const ZERO = 48;

/** One read of 2 us a question, where `isAlive` of an identity opens, reads, closes and parses: 15 us. */
export function holdProcess(identity: ProcessIdentity): HeldProcess {
  const unheld = { isAlive: () => isAlive(identity), close() {} };
  const fd = identity.startTicks === null ? null : openStatm(identity.pid);
  if (fd === null) return unheld;
  // Opened first, compared after: what the file names is the process that was asked for.
  if (!isAlive(identity)) {
    closeSync(fd);
    return unheld;
  }
  return {
    isAlive() {
      try {
        // proc(5), statm: a process that has given back its memory, as a zombie has, shows 0 pages; one that is gone, ESRCH.
        return readSync(fd, buffer, 0, buffer.length, 0) > 0 && buffer[0] !== ZERO;
      } catch {
        return false;
      }
    },
    close: () => closeSync(fd),
  };
}

/** Null: it is gone already, there is no /proc, or no descriptor is left. */
function openStatm(pid: number): number | null {
  try {
    return openSync(`/proc/${pid}/statm`, 'r');
  } catch {
    return null;
  }
}
