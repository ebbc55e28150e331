// POST /v1/clean and POST /v1/backup.
import { z } from 'zod';
import type { TaskStatus } from '../../core/task.ts';
import { commaWords } from '../../text/split.ts';
import { parseDuration } from '../../units/duration.ts';
import { check } from './check.ts';
import { absolutePath, quantity, refs } from './fields.ts';
import { parseStatuses } from './task.ts';

export const CLEAN = z
  .strictObject({
    all: z.boolean().optional(),
    older_than: quantity.optional(),
    status: z.string().optional(),
    dry_run: z.boolean().optional(),
    name: refs.optional().describe('names, ids or patterns; of any age unless older_than is given'),
    tag: refs.optional().describe('tasks with one of these tags, or of these batches'),
    project: z.string().optional().describe('project to look names and tags up in; default: every one'),
  })
  .describe('Without all, older_than, name and tag: tasks that ended more than 7 days ago.');
export type CleanBody = z.output<typeof CLEAN>;

export const CLEAN_VIEW = z
  .strictObject({
    removed: z.number().describe('Number of tasks that were removed.'),
    dry_run: z.boolean().describe('Nothing was removed, only counted.'),
    names: z.array(z.string()).describe('The first of their names.'),
  })
  .meta({ id: 'Cleaned', description: 'What `babysit clean` removed.' });
export type CleanView = z.output<typeof CLEAN_VIEW>;

export interface CleanQuery {
  /** Null for all ended tasks. */
  readonly olderThanMs: number | null;
  readonly statuses: readonly TaskStatus[] | null;
  readonly isDryRun: boolean;
  /** Names, ids, patterns and tags; null: of every task. */
  readonly of: {
    readonly refs: readonly string[];
    readonly tags: readonly string[];
    readonly project: string | null;
  } | null;
}

const WEEK_MS = 7 * 86_400_000;

export function parseClean(body: unknown): CleanQuery {
  const { all, older_than, status, dry_run, name = [], tag = [], project = null } = check(CLEAN, body ?? {});
  const of = { refs: commaWords([name].flat()), tags: commaWords([tag].flat()), project };
  const isNamed = of.refs.length + of.tags.length > 0;
  const olderThanMs = older_than === undefined ? WEEK_MS : parseDuration(older_than, 'older_than');
  return {
    olderThanMs: all || (isNamed && older_than === undefined) ? null : olderThanMs,
    statuses: status === undefined ? null : parseStatuses(status),
    isDryRun: dry_run ?? false,
    of: isNamed ? of : null,
  };
}

export const BACKUP = z.strictObject({ path: absolutePath.describe('a file that does not exist yet') });
export const BACKUP_VIEW = z
  .strictObject({
    path: z.string().describe('The new file.'),
    bytes: z.number().describe('Its size.'),
  })
  .meta({ id: 'Backup', description: 'A copy of the database.' });
export type BackupView = z.output<typeof BACKUP_VIEW>;

export function parseBackup(body: unknown): string {
  return check(BACKUP, body).path;
}
