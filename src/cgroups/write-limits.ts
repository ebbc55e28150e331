// Writes limits to the files of a group.
import { isGone, write } from './cgroupfs.ts';
import { DriverError } from './port.ts';

export interface PathValue {
  readonly path: string;
  readonly value: string;
  readonly optional?: boolean;
  readonly elseValue?: string;
}

/**
 * Writes all files, then throws the first refusal as DriverError. A missing file is a refusal for a `new` group; a `live`
 * group may have been removed.
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
      // v1 only: memory.limit_in_bytes cannot be lower than the memory that the kernel cannot reclaim.
      return 'the group uses more than this. Choose a higher limit or kill the task';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'the group is not delegated to this user. Run babysit doctor';
    case 'EINVAL':
      return 'the kernel does not accept this value';
    default:
      return 'run babysit doctor';
  }
}
