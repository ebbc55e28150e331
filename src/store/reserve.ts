// Keeps space on the disk for the database, so that the end of a task is recorded on a full disk too.
import { randomFillSync } from 'node:crypto';
import { rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeNew } from '../files/regular-file.ts';

/** The end of a task takes about 30 KB until the next checkpoint. */
const RESERVE_BYTES = 256 * 1024;
/** Below this the reserve would take the last space that others can use. */
const NEEDED_BYTES = 4 * RESERVE_BYTES;

export interface Reserve {
  /** Frees the space. */
  release(): void;
  /** Takes the space again as soon as the disk has enough of it. */
  refill(): void;
}

export function openReserve(path: string): Reserve {
  let isHeld = statSync(path, { throwIfNoEntry: false })?.size === RESERVE_BYTES;
  const remove = (): void => {
    try {
      rmSync(path, { force: true });
    } catch {
      // A disk that became read-only: the commit says so.
    }
  };
  const reserve: Reserve = {
    release() {
      if (isHeld) remove();
      isHeld = false;
    },
    refill() {
      if (isHeld || freeBytes(dirname(path)) < NEEDED_BYTES) return;
      try {
        // Random, because a file system that compresses stores zeros in no space.
        writeNew(path, randomFillSync(Buffer.allocUnsafe(RESERVE_BYTES)));
        isHeld = true;
      } catch {
        remove();
      }
    },
  };
  reserve.refill();
  return reserve;
}

function freeBytes(dir: string): number {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
