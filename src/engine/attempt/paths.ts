// Where the files of a task and of its attempts are. Ids only: a name never becomes part of a path.
import { join } from 'node:path';
import type { TaskId } from '../../core/task.ts';

export interface AttemptPaths {
  /** The records of the attempt; watched, so nothing that changes often is in it. */
  readonly dir: string;
  readonly log: string;
  readonly stopFile: string;
  readonly progressFile: string;
  /** The same for every attempt of the task. */
  readonly checkpointDir: string;
}

export function attemptPaths(tasksDir: string, id: TaskId, attempt: number): AttemptPaths {
  const dir = join(tasksDir, id, String(attempt));
  return {
    dir,
    log: `${dir}.log`,
    stopFile: `${dir}.stop`,
    progressFile: `${dir}.progress`,
    checkpointDir: join(tasksDir, id, 'checkpoint'),
  };
}

/** Lower case and digits only, as every driver accepts. */
export function groupName(id: TaskId, attempt: number): string {
  return `t-${id.toLowerCase()}-${attempt}`;
}
