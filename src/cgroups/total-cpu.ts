// Limits the CPU time of all tasks together by a limit of their parent group.
import { dirname } from 'node:path';
import type { DriverKind, GroupRef } from '../core/task.ts';
import { type Errno, isGone } from './cgroupfs.ts';

/**
 * Calls `write` for the parent `ours` and for the parents of the groups that an earlier daemon created. `key` is the
 * field of the references that holds the directory. Writes all limits, then returns the first refusal, or null.
 */
export function capParents(
  ours: string,
  groups: Iterable<GroupRef>,
  { driver, key }: { readonly driver: DriverKind; readonly key: string },
  write: (parent: string) => Errno | null,
): Errno | null {
  const parents = new Set([ours]);
  for (const group of groups) {
    const directory = group[key];
    if (group.driver === driver && typeof directory === 'string') parents.add(dirname(directory));
  }
  const refusals = [...parents].map(write);
  return refusals.find((errno) => errno !== null && !isGone(errno)) ?? null;
}
