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

/** A fold takes the place of its first task. */
export function foldBatches(tasks: readonly TaskView[]): (TaskView | Fold)[] {
  const pending = new Map<string, TaskView[]>();
  for (const task of tasks) {
    if (task.batch === null || task.status !== 'pending') continue;
    const others = pending.get(task.batch);
    if (others === undefined) pending.set(task.batch, [task]);
    else others.push(task);
  }
  return tasks.flatMap((task): (TaskView | Fold)[] => {
    const batch = task.status === 'pending' && task.batch !== null ? task.batch : null;
    const members = batch === null ? [] : (pending.get(batch) ?? []);
    const [first, last] = [members[0], members.at(-1)];
    if (batch === null || first === undefined || last === undefined || members.length < FOLDED_FROM)
      return [task];
    return task === first ? [{ batch, count: members.length, first, last }] : [];
  });
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
