// The v2 driver: groups below one delegated parent.
import { basename } from 'node:path';
import type { ProcessTable } from '../../procfs/process-table.ts';
import { childGroups, makeGroup, removeGroup } from '../cgroupfs.ts';
import { openGroup } from '../open-group.ts';
import { type Driver, DriverError, type GroupLimits } from '../port.ts';
import { checkName } from '../ref.ts';
import { writeLimits } from '../write-limits.ts';
import { groupV2 } from './group.ts';
import { type ControllerV2, limitsV2 } from './limits.ts';

export interface ParentV2 {
  /** Absolute directory of `babysit-<tag>`. */
  readonly path: string;
  readonly controllers: ReadonlySet<ControllerV2>;
}

export function driverV2(parent: ParentV2, processes: ProcessTable): Driver {
  const refTo = (name: string) => ({ driver: 'v2', name, path: `${parent.path}/${name}` }) as const;
  return {
    kind: 'v2',
    create(name, limits) {
      const ref = refTo(checkName(name));
      makeAfresh(ref.path);
      try {
        writeNewLimits(ref.path, limits, parent.controllers);
      } catch (error) {
        removeGroup(ref.path);
        throw error;
      }
      return groupV2(ref);
    },
    open: (ref) => openGroup(ref, processes),
    list: () => childGroups(parent.path).map((path) => refTo(basename(path))),
  };
}

export function writeNewLimits(
  path: string,
  limits: GroupLimits,
  controllers: ReadonlySet<ControllerV2>,
): void {
  const files = limitsV2(limits, controllers);
  writeLimits(
    files.map((limit) => ({ ...limit, path: `${path}/${limit.file}` })),
    'new',
  );
}

/** Makes the directory. An empty group of that name was left by a create that a crash cut short. */
export function makeAfresh(path: string): void {
  let errno = makeGroup(path);
  if (errno === 'EEXIST' && removeGroup(path) === null) errno = makeGroup(path);
  if (errno === null) return;
  const why =
    errno === 'EEXIST'
      ? 'a group of this name holds processes; end them first'
      : errno === 'EAGAIN'
        ? 'cgroup.max.descendants of an ancestor is reached; raise it or run fewer tasks'
        : 'the parent group has gone or is not ours any more; restart the daemon and see babysit doctor';
  throw new DriverError(errno, path, `${errno} making ${path}: ${why}`);
}
