// Removes ended tasks in pages: of each first the rows in one transaction, then the files. After a crash in between, the
// next start of the daemon removes the files.
import { readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ScheduledTask, schedule, validate } from 'node-cron';
import type { Logger } from 'pino';
import type { CleanQuery, CleanView } from '../api/schemas/clean.ts';
import type { Clock } from '../core/clock.ts';
import { isEnded, isNamePattern, type Task, type TaskId, type TaskState } from '../core/task.ts';
import { groupName } from '../engine/attempt/paths.ts';
import type { Store } from '../store/store.ts';
import type { TaskFilter } from '../store/task-filter.ts';
import { idPages } from './lookup/pages.ts';
import { resolveRef } from './lookup/resolve.ts';
import { notRunning } from './lookup/task-access.ts';

export interface CleanDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly tasksDir: string;
  readonly log: Logger;
  /** See Units. */
  unloadUnits(patterns: readonly string[]): void;
}

const NAMES_SHOWN = 20;

export async function clean(deps: CleanDeps, query: CleanQuery): Promise<CleanView> {
  const { store, clock } = deps;
  const endedBefore =
    query.olderThanMs === null ? Number.MAX_SAFE_INTEGER : clock.now().wallMs - query.olderThanMs;
  const filter = { endedBefore, ...(query.statuses === null ? {} : { statuses: query.statuses }) };
  const names: string[] = [];
  const seen = new Set<TaskId>();
  for await (const page of endedTasks(store, query.of, filter)) {
    const found = page.flatMap((id) => (seen.has(id) ? [] : (store.byId(id) ?? [])));
    for (const { id, name } of found) {
      seen.add(id);
      if (names.length < NAMES_SHOWN) names.push(name);
    }
    if (query.isDryRun) continue;
    const units = found.flatMap(leftUnits);
    store.remove(found.map(({ id }) => id));
    if (units.length > 0) deps.unloadUnits(units);
    for (const { id } of found) await removeFiles(deps, id);
  }
  if (!query.isDryRun && seen.size > 0) store.removeEnvironments();
  return { removed: seen.size, dry_run: query.isDryRun, names };
}

/** Patterns of the units that the attempts of a task left. */
function leftUnits({ id, execOptions: { unit } }: Task): string[] {
  if (!unit || !(unit.remains || unit.oomPolicy === 'stop')) return [];
  return [unit.name ?? `babysit-*-${groupName(id, 0).slice(0, -1)}*.service`];
}

/**
 * Of a pattern or tag every ended task, of a name the one it refers to; without them all. Throws not_found, ambiguous, or
 * not_running.
 */
async function* endedTasks(
  store: Store,
  of: CleanQuery['of'],
  filter: TaskFilter & { readonly endedBefore: number },
): AsyncGenerator<readonly TaskId[]> {
  if (of === null) {
    yield* idPages(store, filter);
    return;
  }
  const { refs, tags, project } = of;
  const named = refs.filter((ref) => !isNamePattern(ref)).map((ref) => resolveRef(store, ref, project));
  for (const task of named)
    if (!isEnded(task.state))
      throw notRunning(task, 'removed before it ends', `End it first: babysit kill ${task.name}`);
  yield named.flatMap(({ id, state }) => (isDue(state, filter) ? [id] : []));
  const inProject = project === null ? {} : { project };
  for (const namePattern of refs.filter(isNamePattern))
    yield* idPages(store, { ...filter, ...inProject, namePattern });
  for (const tag of tags) yield* idPages(store, { ...filter, ...inProject, tag });
}

function isDue(state: TaskState, { endedBefore, statuses }: TaskFilter): boolean {
  if (!isEnded(state) || state.endedAt >= (endedBefore ?? 0)) return false;
  return statuses === undefined || statuses.includes(state.status);
}

/** Removes the files of removed tasks that a crash left. */
export async function sweepFiles(deps: CleanDeps): Promise<void> {
  deps.store.removeEnvironments();
  for (const id of deps.store.removals()) {
    await removeFiles(deps, id);
    deps.log.info({ task: id }, 'files of a removed task removed');
  }
}

/** A part of the log that is being packed may appear in a directory that has just been emptied. */
const WHOLE = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const;

async function removeFiles({ store, tasksDir }: CleanDeps, id: TaskId): Promise<void> {
  const dir = join(tasksDir, id);
  // The attempts of a job are on the shared directory, behind a link.
  const shared = await readlink(dir).catch(() => null);
  if (shared !== null && basename(shared) === id) await rm(shared, WHOLE);
  await rm(dir, WHOLE);
  store.filesRemoved(id);
}

/** Removes old tasks at the times of the cron expression; throws if that is invalid. Returns the stop function. */
export function keepClean(deps: CleanDeps, cron: string, keepMs: number): () => void {
  const run = async (): Promise<void> => {
    try {
      const { removed } = await clean(deps, {
        olderThanMs: keepMs,
        statuses: null,
        isDryRun: false,
        of: null,
      });
      if (removed > 0) deps.log.info({ removed }, 'ended tasks removed');
    } catch (error) {
      deps.log.error({ err: error }, 'ended tasks not removed');
    }
  };
  if (!validate(cron))
    throw new Error(`retention.schedule: invalid cron expression "${cron}" (example: 17 4 * * *)`);
  const task: ScheduledTask = schedule(cron, run, { name: 'retention', noOverlap: true });
  return () => void task.stop();
}
