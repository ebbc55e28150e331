// Writes the CPU share of all tasks together to their parent group.
import { dirname } from 'node:path';
import type { DriverKind, GroupRef } from '../core/task.ts';
import { type Errno, isGone, write } from './cgroupfs.ts';
import type { FileValue } from './v2/limits.ts';

/**
 * Writes `files` of the parent `ours` and of the parents of the groups that an earlier daemon created. `key` is the field
 * of the references that holds the directory. Returns the first refusal, or null.
 */
export function shareAmongParents(
  ours: string,
  groups: Iterable<GroupRef>,
  { driver, key }: { readonly driver: DriverKind; readonly key: string },
  files: readonly FileValue[],
): Errno | null {
  const parents = new Set([ours]);
  for (const group of groups) {
    const directory = group[key];
    if (group.driver === driver && typeof directory === 'string') parents.add(dirname(directory));
  }
  const refusals = [...parents].flatMap((parent) =>
    files.map(({ file, value }) => write(`${parent}/${file}`, value)),
  );
  return refusals.find((errno) => errno !== null && !isGone(errno)) ?? null;
}
