// GET /v1/select: the tasks that patterns and tags refer to.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { TASK_STATUSES, type Task, type TaskStatus } from '../../core/task.ts';
import { commaWords } from '../../text/split.ts';
import { check } from './check.ts';
import { parseStatuses } from './task.ts';

export const SELECT = z.object({
  pattern: z.string().optional(),
  tag: z.string().optional(),
  project: z.string().optional(),
  status: z.string().optional(),
});

const SELECTED_TASK = z
  .strictObject({
    id: z.string().describe('Id of the task.'),
    name: z.string().describe('Name of the task.'),
    status: z.enum(TASK_STATUSES).describe('Its status.'),
  })
  .meta({ id: 'Selected', description: 'A task that matches a pattern or a tag.' });
export type SelectedView = z.output<typeof SELECTED_TASK>;
export const SELECTED = z
  .strictObject({ tasks: z.array(SELECTED_TASK).describe('The newest task of each name, oldest first.') })
  .meta({ id: 'Selection', description: 'The tasks that patterns and tags refer to.' });

export interface SelectQuery {
  /** Names with the wildcards * ? [...] of a shell. */
  readonly patterns: readonly string[];
  /** Tags, or names of batches. */
  readonly tags: readonly string[];
  /** Null: every project. */
  readonly project: string | null;
  /** Null: any. */
  readonly statuses: readonly TaskStatus[] | null;
}

/** Patterns, tags and statuses are separated by commas. */
export function parseSelect(query: unknown): SelectQuery {
  const { pattern = '', tag = '', project = null, status } = check(SELECT, query);
  const [patterns, tags] = [commaWords([pattern]), commaWords([tag])];
  if (patterns.length + tags.length === 0) throw new BabysitError('usage', 'select needs a pattern or a tag');
  return { patterns, tags, project, statuses: status === undefined ? null : parseStatuses(status) };
}

export function selectedView({ id, name, state }: Pick<Task, 'id' | 'name' | 'state'>): SelectedView {
  return { id, name, status: state.status };
}
