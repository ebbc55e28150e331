// Paths of the files of a task and its attempts. They contain ids only, never a name.
import { join } from 'node:path';
import type { TaskId } from '../../core/task.ts';

export interface AttemptPaths {
  /** Directory of the attempt's records. It is watched, so files that change often are outside. */
  readonly dir: string;
  readonly log: string;
  readonly stopFile: string;
  readonly progressFile: string;
  /** See description.ts. */
  readonly description: string;
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
    description: `${dir}.task`,
    checkpointDir: join(tasksDir, id, 'checkpoint'),
  };
}

/** Lower case, digits and dashes, which every driver accepts. */
export function groupName(id: TaskId, attempt: number): string {
  return `t-${id.toLowerCase()}-${attempt}`;
}

/** The attempt that a group belongs to; null for another name. */
export function attemptOfGroup(name: string): { readonly id: TaskId; readonly number: number } | null {
  const [, id, number] = /^t-([0-9a-hjkmnp-tv-z]{26})-([1-9]\d{0,8})$/.exec(name) ?? [];
  return id === undefined ? null : { id: id.toUpperCase() as TaskId, number: Number(number) };
}
