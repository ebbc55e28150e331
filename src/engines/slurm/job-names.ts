// Which attempt a job at Slurm belongs to: the comment of a job of its own, or the list that an array has of its elements.
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegular, writeNew } from '../../files/regular-file.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { readJob } from './client/job-state.ts';

/** Of an attempt: `TASK/NUMBER`, which is also the path of its directory. */
export type AttemptKey = string;

export class JobNames {
  readonly #prefix: string;
  readonly #dir: string;
  readonly #lists = new Map<string, readonly AttemptKey[]>();

  /** `identity`: of the database. `tasksDir` is on the shared file system. */
  constructor(identity: string, tasksDir: string) {
    this.#prefix = `babysit:${identity}:`;
    this.#dir = join(tasksDir, '.arrays');
  }

  comment(attempt: AttemptKey): string {
    return `${this.#prefix}${attempt}`;
  }

  arrayComment(array: string): string {
    return `${this.#prefix}${ARRAY}${array}`;
  }

  /** `array`: the key of that of an element. */
  commentOf(attempt: AttemptKey, array: string | null): string {
    return array === null ? this.comment(attempt) : this.arrayComment(array);
  }

  /** Throws when the shared directory is full or away. Returns the path of the list, which has a line for each element. */
  writeList(array: string, attempts: readonly AttemptKey[]): string {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    writeNew(this.#path(array), `${attempts.join('\n')}\n`);
    this.#lists.set(array, attempts);
    return this.#path(array);
  }

  /** Where Slurm prints about the elements, before `.` and the index of each. */
  outputOf(array: string): string {
    return `${this.#path(array)}.out`;
  }

  /** Call when every element is released. Removes the files, without keeping the loop busy for a thousand of them. */
  async forget(array: string): Promise<void> {
    const { length } = this.#list(array);
    // Slurm reports ended elements for some minutes more: do not look for their list again.
    this.#lists.set(array, []);
    for (let index = 0; index < length; index += 1)
      await rm(`${this.outputOf(array)}.${index}`, { force: true });
    await rm(this.#path(array), { force: true });
  }

  /** The key of its array; null for a job of its own, or of another daemon. */
  arrayOf({ comment }: Pick<SlurmJob, 'comment'>): string | null {
    const start = `${this.#prefix}${ARRAY}`;
    return comment.startsWith(start) ? comment.slice(start.length) : null;
  }

  /** Null for a job of another daemon, or of an array whose list is gone. */
  attemptOf(job: Pick<SlurmJob, 'id' | 'comment'>): AttemptKey | null {
    const array = this.arrayOf(job);
    if (array !== null) return this.#list(array)[indexOf(job.id)] ?? null;
    return job.comment.startsWith(this.#prefix) ? job.comment.slice(this.#prefix.length) : null;
  }

  /** The job of each attempt: of two that were submitted, one that is not over, and then the newer one. */
  find(jobs: readonly SlurmJob[]): Map<AttemptKey, SlurmJob> {
    const found = new Map<AttemptKey, SlurmJob>();
    for (const job of jobs) {
      const attempt = this.attemptOf(job);
      const other = attempt === null ? undefined : found.get(attempt);
      if (attempt !== null && (other === undefined || isBetter(job, other))) found.set(attempt, job);
    }
    return found;
  }

  #list(array: string): readonly AttemptKey[] {
    const known = this.#lists.get(array);
    if (known !== undefined) return known;
    const list = readList(this.#path(array));
    if (list.length > 0) this.#lists.set(array, list);
    return list;
  }

  #path(array: string): string {
    // The comment is not trusted: it must not name another file.
    return join(this.#dir, array.replaceAll(/\W/g, '_'));
  }
}

const ARRAY = 'array-';

function isBetter(job: SlurmJob, other: SlurmJob): boolean {
  const [isOver, isOtherOver] = [job, other].map((each) => readJob(each).kind === 'ended');
  return isOver === isOtherOver ? number(job.id) > number(other.id) : isOtherOver === true;
}

const number = (id: string) => Number(id.split('_')[0]);

/** Of an element `12_3` of an array. */
export function indexOf(id: string): number {
  return Number(id.split('_')[1]);
}

function readList(path: string): AttemptKey[] {
  try {
    return readRegular(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}
