// The v2 driver: creates groups below one delegated parent.
import { basename } from 'node:path';
import { childGroups, makeGroup, removeGroup } from '../cgroupfs.ts';
import { DriverError, type GroupFactory } from '../port.ts';
import { checkName } from '../ref.ts';
import { groupV2, writeLimitsV2 } from './group.ts';
import { type ControllerV2, limitsV2 } from './limits.ts';

export interface ParentV2 {
  /** Absolute directory of `babysit-<tag>`. */
  readonly path: string;
  readonly controllers: ReadonlySet<ControllerV2>;
}

export function driverV2(parent: ParentV2): GroupFactory {
  const refTo = (name: string) => ({ driver: 'v2', name, path: `${parent.path}/${name}` }) as const;
  return {
    kind: 'v2',
    create(name, limits) {
      const ref = refTo(checkName(name));
      makeNewGroup(ref.path);
      try {
        writeLimitsV2(ref.path, limitsV2(limits, parent.controllers), 'new');
      } catch (error) {
        removeGroup(ref.path);
        throw error;
      }
      return groupV2(ref);
    },
    list: () => childGroups(parent.path).map((path) => refTo(basename(path))),
  };
}

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
