// The answer to the requests of a round whose commit failed.
import { BabysitError } from '../core/errors.ts';
import { readFreeDisk } from '../procfs/disk.ts';

/** `home`: a directory on the disk of the database. */
export function commitError(error: unknown, home: string): BabysitError {
  const { code, message } = error as { code?: string; message: string };
  const what = `cannot write the database: ${message}`;
  if (code === 'SQLITE_FULL') return new BabysitError('disk_full', what);
  if (!isUncertain(error)) return new BabysitError('internal', what);
  const { bytes, inodes } = readFreeDisk(home);
  return new BabysitError(bytes === 0 || inodes === 0 ? 'disk_full' : 'disk_error', what);
}

/** An I/O error leaves open whether the transaction is in the file. */
export function isUncertain(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_IOERR');
}
