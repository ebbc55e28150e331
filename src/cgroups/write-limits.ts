// Writes a list of caps to the files of one group.
import { isGone, write } from './cgroupfs.ts';
import { DriverError } from './port.ts';

export interface PathValue {
  readonly path: string;
  readonly value: string;
  readonly optional?: boolean;
  readonly elseValue?: string;
}

/**
 * `new`: a file that is missing is a refusal. `live`: it means that the group has ended, which is no error.
 * Every file is tried; then the first refusal is thrown as a DriverError.
 */
export function writeLimits(limits: readonly PathValue[], group: 'new' | 'live'): void {
  let refusal: DriverError | null = null;
  for (const { path, value, optional, elseValue } of limits) {
    let errno = write(path, value);
    if (errno === 'EINVAL' && elseValue !== undefined) errno = write(path, elseValue);
    if (errno === null || (isGone(errno) && (optional || group === 'live'))) continue;
    refusal ??= new DriverError(errno, path, `${errno} writing ${value} to ${path}: ${adviceFor(errno)}`);
  }
  if (refusal) throw refusal;
}

function adviceFor(errno: string): string {
  switch (errno) {
    case 'EBUSY':
      // v1 only: memory.limit_in_bytes cannot go below what the group uses and the kernel cannot reclaim.
      return 'the group uses more than this; choose a higher cap or end the task';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'the group is not delegated to this user; see babysit doctor';
    case 'EINVAL':
      return 'the kernel does not take this value';
    default:
      return 'see babysit doctor';
  }
}
