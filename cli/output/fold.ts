// Folds the tasks of a batch into two rows of a list: one for those that are pending, one for those that have ended.
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';

/** Pending tasks of one batch, or ended ones of one batch or tag. */
export interface Fold {
  /** A batch or a tag: `--tag` selects both. */
  readonly group: string;
  readonly by: 'batch' | 'tag';
  readonly isEnded: boolean;
  readonly count: number;
  readonly first: TaskView;
  readonly last: TaskView;
  /** How many have which status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The names of the ended ones that did not complete. */
  readonly notCompleted: readonly string[];
}

/** Fewer rows than this are shorter than the row that replaces them, or tell more. */
const PENDING_FROM = 3;
const ENDED_FROM = 5;
/** The others are in the counts. */
const NAMES_SHOWN = 10;

export type Row = TaskView | Fold;

/** Folds only pending tasks, for a caller that asks for a status. */
export function foldPending(rows: readonly Row[]): Row[] {
  return foldRows(rows, (row) => ('count' in row || row.status === 'pending' ? foldOf(row) : null));
}

/** A fold takes the place of its first row. Folds of a batch that were made from parts of a list become one. */
export function foldBatches(rows: readonly Row[]): Row[] {
  return foldRows(rows, foldOf);
}

function foldRows(rows: readonly Row[], foldable: (row: Row) => Fold | null): Row[] {
  const folds = new Map<string, Fold>();
  const keys = new Map<Row, string>();
  for (const row of rows) {
    const one = foldable(row);
    if (one === null) continue;
    const key = `${one.isEnded} ${one.by} ${one.group}`;
    const others = folds.get(key);
    folds.set(key, others === undefined ? one : joined(others, one));
    keys.set(row, key);
  }
  const placed = new Set<string>();
  return rows.flatMap((row): Row[] => {
    const key = keys.get(row);
    const fold = key === undefined ? undefined : folds.get(key);
    if (key === undefined || fold === undefined) return [row];
    if (fold.count < (fold.isEnded ? ENDED_FROM : PENDING_FROM)) return [row];
    if (placed.has(key)) return [];
    placed.add(key);
    return [fold];
  });
}

/** The row as a fold of one; null for a task that has a row of its own. */
function foldOf(row: Row): Fold | null {
  if ('count' in row) return row;
  const { batch, tags, status, name } = row;
  const isEnded = row.ended_at !== null;
  const [tag] = tags;
  const group = batch ?? (isEnded ? tag : undefined);
  if (group === undefined || !(isEnded || status === 'pending')) return null;
  return {
    group,
    by: batch === null ? 'tag' : 'batch',
    isEnded,
    count: 1,
    first: row,
    last: row,
    statuses: { [status]: 1 },
    notCompleted: isEnded && status !== 'completed' ? [name] : [],
  };
}

function joined(a: Fold, b: Fold): Fold {
  const statuses: Record<string, number> = { ...a.statuses };
  for (const [status, count] of Object.entries(b.statuses))
    statuses[status] = (statuses[status] ?? 0) + count;
  return {
    ...a,
    count: a.count + b.count,
    last: b.last,
    statuses,
    notCompleted: [...a.notCompleted, ...b.notCompleted],
  };
}

/** `waiting` is that of the first task, without its place in the queue. */
export function foldView({ group, by, isEnded, count, first, last, statuses, notCompleted }: Fold): object {
  const names = { count, first: first.name, last: last.name };
  if (isEnded)
    return {
      [by]: group,
      status: statuses,
      ...names,
      ...(notCompleted.length === 0 ? {} : { not_completed: notCompleted.slice(0, NAMES_SHOWN) }),
    };
  return {
    [by]: group,
    status: 'pending',
    ...names,
    ...(first.waiting === null ? {} : { waiting: first.waiting satisfies BlockedView }),
  };
}

export function foldText({ group, isEnded, first, last, statuses, notCompleted }: Fold): string {
  const counts = Object.entries(statuses).map(([status, count]) => `${count} ${status}`);
  const names = `${escapeField(first.name)} to ${escapeField(last.name)}`;
  const shown = notCompleted.slice(0, NAMES_SHOWN).map(escapeField).join(', ');
  const more = notCompleted.length > NAMES_SHOWN ? ', …' : '';
  const bad = shown === '' ? '' : `; not completed: ${shown}${more}`;
  const each = `babysit list --tag=${escapeField(group)} ${isEnded ? '--columns=name,status,outcome' : '--full'}`;
  return `${counts.join(', ')} of ${escapeField(group)}: ${names}${bad} (${each} shows each)\n`;
}
