// Creates and lists groups below one delegated parent.
import { basename } from 'node:path';
import { childGroups, removeGroup } from '../cgroupfs.ts';
import { makeNewGroup } from '../new-group.ts';
import type { GroupFactory } from '../port.ts';
import { checkName } from '../ref.ts';
import { groupV2, writeLimitsV2 } from './group.ts';
import { type ControllerV2, limitsV2 } from './limits.ts';

export interface ParentV2 {
  /** Absolute directory of `babysit-<tag>`. */
  readonly path: string;
  readonly controllers: ReadonlySet<ControllerV2>;
}

export function groupsV2(parent: ParentV2): GroupFactory {
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
