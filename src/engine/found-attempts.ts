// At start: finds what is newer than the database, as after a restored backup. Nothing of it is killed or deleted.
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Driver } from '../cgroups/port.ts';
import { isFileError } from '../core/shortages.ts';
import type { Task, TaskId } from '../core/task.ts';
import { claimForRecovery, type Records, readRecords } from '../exec/records.ts';
import type { Store } from '../store/store.ts';
import { readDescription } from './attempt/description.ts';
import { attemptPaths, groupName } from './attempt/paths.ts';

export interface FoundDeps {
  readonly store: Pick<Store, 'attemptCounts'>;
  readonly driver: Driver;
  readonly tasksDir: string;
  /** Directories of unknown tasks that have ended and cannot be adopted are moved here. */
  readonly lostDir: string;
}

export interface FoundAttempt {
  /** As it was dispatched, in the state `running`. */
  readonly task: Task;
  readonly records: Records;
}

export interface FoundAttempts {
  /** The newest attempt of each task. */
  readonly attempts: readonly FoundAttempt[];
  /** Ids of tasks whose directory was moved to `lostDir`. */
  readonly putAside: readonly string[];
  /** Ids of tasks that run without a description. */
  readonly leftAlone: readonly string[];
  /** Tasks whose files could not be read or moved now: look again. */
  readonly unread: readonly TaskId[];
}

const TASK_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** `names`: the entries of `tasksDir` to look at. */
export function findAttempts(
  deps: FoundDeps,
  names: readonly string[] = existsSync(deps.tasksDir) ? readdirSync(deps.tasksDir) : [],
): FoundAttempts {
  const known = deps.store.attemptCounts();
  const attempts: FoundAttempt[] = [];
  const putAside: string[] = [];
  const leftAlone: string[] = [];
  const unread: TaskId[] = [];
  for (const name of names) {
    if (!TASK_ID.test(name)) continue;
    const id = name as TaskId;
    const recorded = known.get(id);
    // A later attempt than that of the database has a directory of its own.
    if (recorded !== undefined && !existsSync(attemptPaths(deps.tasksDir, id, recorded + 1).dir)) continue;
    try {
      const found = findAttempt(deps, id, recorded !== undefined);
      if (found === 'put_aside') putAside.push(id);
      else if (found === 'left_alone') leftAlone.push(id);
      else if (found === 'unread') unread.push(id);
      else if (found !== null) attempts.push(found);
    } catch (error) {
      // A shortage says nothing of the attempt.
      if (!isFileError(error)) throw error;
      unread.push(id);
    }
  }
  return { attempts, putAside, leftAlone, unread };
}

/** Null: there is nothing to do. Throws file errors for what cannot be read now. */
function findAttempt(
  deps: FoundDeps,
  id: TaskId,
  isKnown: boolean,
): FoundAttempt | 'put_aside' | 'left_alone' | 'unread' | null {
  const number = newestAttempt(deps.tasksDir, id);
  const { dir } = attemptPaths(deps.tasksDir, id, number);
  const hasBegun = number > 0 && claimForRecovery(dir) !== 'taken';
  const task = hasBegun ? readDescription(deps.tasksDir, id, number) : null;
  if (task !== null) return { task, records: readRecords(dir) };
  // The database knows the task. Its next attempt gets another number.
  if (isKnown) return hasBegun ? 'left_alone' : null;
  if (runs(deps.driver, id, number)) return 'left_alone';
  return putAsideTask(deps, id) ? 'put_aside' : 'unread';
}

/** 0 without any. Throws file errors for a directory that cannot be read now. */
function newestAttempt(tasksDir: string, id: TaskId): number {
  try {
    return Math.max(0, ...readdirSync(join(tasksDir, id)).map(Number).filter(Number.isSafeInteger));
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return 0;
  }
}

/** Or a file stands in its place. */
function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function runs(driver: Driver, id: TaskId, number: number): boolean {
  const name = groupName(id, number);
  const ref = driver.list().find((group) => group.name === name) ?? unlisted(driver, name);
  if (ref === null) return false;
  const group = driver.open(ref);
  const isPopulated = group.populated();
  group.close();
  return isPopulated;
}

/** The driver `none` lists nothing: the marker in the environment of the processes finds them. */
function unlisted({ kind }: Driver, name: string) {
  return kind === 'none' ? ({ driver: 'none', name, pid: null, startTicks: null } as const) : null;
}

function putAsideTask({ tasksDir, lostDir }: FoundDeps, id: TaskId): boolean {
  try {
    mkdirSync(lostDir, { recursive: true, mode: 0o700 });
    renameSync(join(tasksDir, id), join(lostDir, id));
    return true;
  } catch {
    // The disk is full, or tasks/ is a link to another disk.
    return false;
  }
}

/** The number of the next attempt: an attempt that the database does not know keeps its files. */
export function nextAttempt(tasksDir: string, { id, attempts }: Pick<Task, 'id' | 'attempts'>): number {
  let number = attempts + 1;
  while (existsSync(attemptPaths(tasksDir, id, number).dir)) number += 1;
  return number;
}
