// What a caller is told when the record could not be written.
import { BabysitError } from '../core/errors.ts';

export function commitError(error: unknown): BabysitError {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'SQLITE_FULL' || code?.startsWith('SQLITE_IOERR'))
    return new BabysitError('disk_full', `the record could not be written: ${message}`);
  return new BabysitError('internal', `the record could not be written: ${message}`);
}
