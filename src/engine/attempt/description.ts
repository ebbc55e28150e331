// Describes an attempt in a file next to its log: a daemon whose database does not know the attempt adopts it from there.
import { isActive, type Task, type TaskId } from '../../core/task.ts';
import { readRegularOrNull, writeNew } from '../../files/regular-file.ts';
import { rowToTask } from '../../store/rows.ts';
import { attemptPaths, groupName } from './paths.ts';

/** The context of a task is the largest part. */
const MAX_BYTES = 16 * 1024 ** 2;

/** Call before the start, with the task as it was committed. The file holds no environment. */
export function writeDescription(path: string, task: Task): void {
  writeNew(path, JSON.stringify(task));
}

/** The task in the state `running`; null when the file is missing, damaged, or describes another attempt. Throws shortages. */
export function readDescription(tasksDir: string, id: TaskId, number: number): Task | null {
  const { description } = attemptPaths(tasksDir, id, number);
  const body = readRegularOrNull(description, 'utf8', MAX_BYTES);
  if (body === null) return null;
  try {
    const task = rowToTask({ id, body });
    const isSame =
      task.id === id &&
      isActive(task.state) &&
      task.state.attempt.number === number &&
      task.state.attempt.group.name === groupName(id, number);
    return isSame ? task : null;
  } catch {
    return null;
  }
}
