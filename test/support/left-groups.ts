// A daemon that was killed leaves its own empty group in each cgroup hierarchy; without its home nobody would ever remove it.
import { removeGroup } from '../../src/cgroups/cgroupfs.ts';
import { ownGroups } from '../../src/cgroups/own-groups.ts';
import { CONTROLLERS_V1 } from '../../src/cgroups/v1/limits.ts';
import { homeTag } from '../../src/config/home-tag.ts';

/** Removes the groups of the daemon of this home, if empty. Call when it has ended. */
export function removeLeftGroups(home: string): void {
  const own = ownGroups({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc', tag: homeTag(home) });
  for (const group of [own.v2, ...CONTROLLERS_V1.map(own.v1)]) if (group !== null) removeGroup(group.parent);
}
