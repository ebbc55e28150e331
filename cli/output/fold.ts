// Folds the pending tasks of a batch into one row of a list.
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';

/** Pending tasks of one batch, which differ only in their names and places. */
export interface Fold {
  readonly batch: string;
  readonly count: number;
  readonly first: TaskView;
  readonly last: TaskView;
}

/** Fewer rows than this are shorter than the row that replaces them. */
const FOLDED_FROM = 3;

export type Row = TaskView | Fold;

/** A fold takes the place of its first row. Folds of a batch that were made from parts of a list become one. */
export function foldBatches(rows: readonly Row[]): Row[] {
  const pending = new Map<string, Row[]>();
  for (const row of rows) {
    const batch = batchOf(row);
    if (batch === null) continue;
    const others = pending.get(batch);
    if (others === undefined) pending.set(batch, [row]);
    else others.push(row);
  }
  return rows.flatMap((row): Row[] => {
    const batch = batchOf(row);
    const members = batch === null ? [] : (pending.get(batch) ?? []);
    const [first, last] = [members[0], members.at(-1)];
    const count = members.reduce((sum, member) => sum + ('count' in member ? member.count : 1), 0);
    if (batch === null || first === undefined || last === undefined || count < FOLDED_FROM) return [row];
    if (row !== first) return [];
    return [
      {
        batch,
        count,
        first: 'count' in first ? first.first : first,
        last: 'count' in last ? last.last : last,
      },
    ];
  });
}

/** The batch in which a row can be folded. */
function batchOf(row: Row): string | null {
  return 'count' in row || row.status === 'pending' ? row.batch : null;
}

/** `waiting` is that of the first task, without its place in the queue. */
export function foldView({ batch, count, first, last }: Fold): object {
  return {
    batch,
    status: 'pending',
    count,
    first: first.name,
    last: last.name,
    ...(first.waiting === null ? {} : { waiting: first.waiting satisfies BlockedView }),
  };
}

export function foldText({ batch, count, first, last }: Fold): string {
  const names = `${escapeField(first.name)} to ${escapeField(last.name)}`;
  return `${count} pending of ${batch}: ${names} (babysit list --tag=${batch} --full shows each)\n`;
}
