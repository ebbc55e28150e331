// Selects tasks by their columns and fields.
import type { TaskStatus } from '../core/task.ts';

export interface TaskFilter {
  readonly project?: string;
  readonly owner?: string;
  readonly statuses?: readonly TaskStatus[];
  /** Excludes tasks that ended before this time (epoch ms). */
  readonly endedSince?: number;
  /** Only tasks that ended before this time (epoch ms). */
  readonly endedBefore?: number;
  /** The tag, or the batch of the task. */
  readonly tag?: string;
  /** With the wildcards * ? [...] of a shell. */
  readonly namePattern?: string;
}

export function conditionOf(filter: TaskFilter): { condition: string; values: (string | number)[] } {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...more: (string | number)[]) => {
    where.push(condition);
    values.push(...more);
  };
  if (filter.project !== undefined) add('project = ?', filter.project);
  if (filter.owner !== undefined) add('owner = ?', filter.owner);
  if (filter.endedSince !== undefined) add('(ended_at IS NULL OR ended_at >= ?)', filter.endedSince);
  if (filter.endedBefore !== undefined) add('ended_at < ?', filter.endedBefore);
  if (filter.statuses !== undefined)
    add(`status IN (${filter.statuses.map(() => '?').join(', ')})`, ...filter.statuses);
  if (filter.namePattern !== undefined) add('name GLOB ?', filter.namePattern);
  if (filter.tag !== undefined)
    add(
      `(EXISTS (SELECT 1 FROM json_each(body, '$.tags') WHERE value = ?) OR json_extract(body, '$.batch') = ?)`,
      filter.tag,
      filter.tag,
    );
  return { condition: where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`, values };
}
