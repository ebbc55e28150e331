// Creates the directory of a new group, for the drivers v1 and v2.
import { makeGroup, removeGroup } from './cgroupfs.ts';
import { DriverError, type GroupLimits } from './port.ts';

/** Small limits that every kernel accepts. */
export const TRIAL_LIMITS: GroupLimits = {
  memMaxBytes: 16 << 20,
  cpuMaxCores: 0.5,
  cpuWeight: 50,
  pidsMax: 8,
};

/** Creates the directory. Replaces an empty group of that name, which a crash may leave. Throws DriverError. */
export function makeNewGroup(path: string): void {
  let errno = makeGroup(path);
  if (errno === 'EEXIST' && removeGroup(path) === null) errno = makeGroup(path);
  if (errno === null) return;
  const why =
    errno === 'EEXIST'
      ? 'a group of this name holds processes. End them first'
      : errno === 'EAGAIN'
        ? 'cgroup.max.descendants of an ancestor is reached. Raise it or run fewer tasks'
        : 'the parent group was removed or is no longer delegated. Restart the daemon and run babysit doctor';
  throw new DriverError(errno, path, `${errno} creating ${path}: ${why}`);
}
