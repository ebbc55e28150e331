// One task as a whole: read once, then again after each of its events, with the live numbers of the frames between.
import { useEffect, useState } from 'preact/hooks';
import { tasksOf } from '../../cli/client/frames.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { type Live, onEvent } from '../client/live.ts';
import { ask, RequestError } from '../client/request.ts';

/** A text: why the task cannot be shown. Null: not read yet. */
export function useTask(id: string, live: Live): TaskView | string | null {
  const [task, setTask] = useState<TaskView | string | null>(null);
  const { connection } = live;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another task is not shown with the numbers of this one.
  useEffect(() => setTask(null), [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection has missed events.
  useEffect(() => {
    const leaving = new AbortController();
    const read = async () => {
      try {
        setTask(await ask<TaskView>(`/v1/tasks/${encodeURIComponent(id)}`, leaving.signal));
      } catch (error) {
        if (!leaving.signal.aborted)
          setTask(error instanceof RequestError ? error.message : 'The dashboard does not answer.');
      }
    };
    void read();
    const stop = onEvent((event) => {
      if (event.id === id) void read();
    });
    return () => {
      leaving.abort();
      stop();
    };
  }, [id, connection]);
  if (task === null || typeof task === 'string') return task;
  const row = rowOf(live, id);
  return row === undefined || isOlder(row, task) ? task : { ...task, ...row, command: task.command };
}

export function rowOf({ frame }: Live, id: string): LiveTask | undefined {
  return frame === null ? undefined : tasksOf(frame).find((row) => row.id === id);
}

/** A frame of before the end may be drawn after the task was read. */
function isOlder(row: LiveTask, task: TaskView): boolean {
  return task.ended_at !== null && row.ended_at === null;
}
