// Orders the rows of a list as trees: each task below the one inside which it was submitted.
import type { TaskView } from '../../src/api/schemas/task.ts';

/** Keeps the order of siblings. `isIndented`: the name shows the depth. */
export function treeOf(tasks: readonly TaskView[], isIndented: boolean): TaskView[] {
  const known = new Set(tasks.map(({ id }) => id));
  const children = new Map<string | null, TaskView[]>();
  for (const task of tasks) {
    const parent = task.parent_id !== null && known.has(task.parent_id) ? task.parent_id : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [task]);
    else siblings.push(task);
  }
  const rows: TaskView[] = [];
  const add = (parent: string | null, depth: number): void => {
    for (const task of children.get(parent) ?? []) {
      const indent = isIndented && depth > 0 ? `${'  '.repeat(depth - 1)}└ ` : '';
      rows.push({ ...task, name: indent + task.name });
      add(task.id, depth + 1);
    }
  };
  add(null, 0);
  return rows;
}
