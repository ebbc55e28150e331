// The answer to the requests of a round whose commit failed.
import { BabysitError } from '../core/errors.ts';
import { readFreeDisk } from '../procfs/disk.ts';
import { readRlimits } from '../procfs/process/inherited.ts';

/** `home`: a directory on the disk of the database. */
export function commitError(error: unknown, home: string): BabysitError {
  const { code, message } = error as { code?: string; message: string };
  const what = `cannot write the database: ${message}`;
  if (code === 'SQLITE_FULL') return new BabysitError('disk_full', what);
  if (!isUncertain(error)) return new BabysitError('internal', what);
  const { bytes, inodes } = readFreeDisk(home);
  if (bytes === 0 || inodes === 0) return new BabysitError('disk_full', what);
  const limit = readRlimits().fsize?.[0] ?? 'unlimited';
  if (limit === 'unlimited') return new BabysitError('disk_error', what);
  return new BabysitError('disk_error', what, {
    hint: `The daemon may write files of ${limit} bytes (ulimit -f): restart it from a shell with a higher limit, or check the disk of BABYSIT_HOME. The request was not recorded.`,
  });
}

/** An I/O error leaves open whether the transaction is in the file. */
export function isUncertain(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_IOERR');
}
