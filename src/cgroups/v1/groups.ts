// Creates and lists groups below one parent in every hierarchy.
import { basename } from 'node:path';
import type { GroupRef } from '../../core/task.ts';
import { childGroups, removeGroup, write } from '../cgroupfs.ts';
import { makeNewGroup } from '../new-group.ts';
import type { GroupFactory, GroupLimits } from '../port.ts';
import { checkName } from '../ref.ts';
import { writeLimits } from '../write-limits.ts';
import { type DirectoriesV1, distinct, groupV1, limitFiles } from './group.ts';
import { limitsV1 } from './limits.ts';

/** `parents`: the absolute directory of `babysit-<tag>` of each controller in use. */
export function groupsV1(parents: DirectoriesV1): GroupFactory {
  // New groups inherit the value. The file is absent if the kernel has no swap support.
  write(`${parents.memory}/memory.swappiness`, '0');
  return {
    kind: 'v1',
    create(name, limits) {
      const directories = below(parents, checkName(name));
      createDirectories(directories, limits);
      return groupV1(refTo(name, directories));
    },
    list() {
      // The union finds groups that a crash left in some hierarchies only.
      const names = new Set(
        distinct(parents)
          .flatMap(childGroups)
          .map((path) => basename(path)),
      );
      return [...names].map((name) => refTo(name, below(parents, name)));
    },
  };
}

export function below(parents: DirectoriesV1, name: string): DirectoriesV1 {
  return Object.fromEntries(
    Object.entries(parents).map(([controller, path]) => [controller, `${path}/${name}`]),
  );
}

/** Creates all directories or none. */
export function createDirectories(directories: DirectoriesV1, limits: GroupLimits): void {
  const made: string[] = [];
  try {
    for (const path of distinct(directories)) {
      makeNewGroup(path);
      made.push(path);
    }
    writeLimits(limitFiles(directories, limitsV1(limits, null)), 'new');
  } catch (error) {
    for (const path of made) removeGroup(path);
    throw error;
  }
}

function refTo(name: string, directories: DirectoriesV1): GroupRef {
  return { driver: 'v1', name, ...directories };
}
