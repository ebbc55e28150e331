// Removes ended tasks: first their rows in one transaction, then their files. After a crash in between, the next start
// of the daemon removes the files.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ScheduledTask, schedule, validate } from 'node-cron';
import type { Logger } from 'pino';
import type { CleanQuery, CleanView } from '../api/schemas/clean.ts';
import type { Clock } from '../core/clock.ts';
import { isEnded, isNamePattern, type Task, type TaskId } from '../core/task.ts';
import { groupName } from '../engine/attempt/paths.ts';
import type { Store } from '../store/store.ts';
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
  const before =
    query.olderThanMs === null ? Number.MAX_SAFE_INTEGER : clock.now().wallMs - query.olderThanMs;
  const old = store.endedBefore(before, query.statuses);
  const found = query.of === null ? old : only(old, endedTasks(store, query.of));
  if (!query.isDryRun) {
    const units = found.flatMap(({ id }) => leftUnits(store.byId(id)));
    store.remove(found.map(({ id }) => id));
    if (units.length > 0) deps.unloadUnits(units);
    for (const { id } of found) await removeFiles(deps, id);
  }
  return {
    removed: found.length,
    dry_run: query.isDryRun,
    names: found.slice(0, NAMES_SHOWN).map(({ name }) => name),
  };
}

/** Patterns of the units that the attempts of a task left. */
function leftUnits(task: Task | null): string[] {
  const unit = task?.execOptions.unit;
  if (!task || !unit?.remains) return [];
  return [unit.name ?? `babysit-*-${groupName(task.id, 0).slice(0, -1)}*.service`];
}

function only<T extends { readonly id: TaskId }>(tasks: readonly T[], ids: ReadonlySet<TaskId>): T[] {
  return tasks.filter(({ id }) => ids.has(id));
}

/** Of a pattern or tag every ended task, of a name the one it refers to. Throws not_found, ambiguous, or not_running. */
function endedTasks(store: Store, { refs, tags, project }: NonNullable<CleanQuery['of']>): Set<TaskId> {
  const inProject = project === null ? {} : { project };
  const matching = [
    ...refs.filter(isNamePattern).map((namePattern) => ({ namePattern, ...inProject })),
    ...tags.map((tag) => ({ tag, ...inProject })),
  ].flatMap((filter) => store.list(filter));
  const named = refs.filter((ref) => !isNamePattern(ref)).map((ref) => resolveRef(store, ref, project));
  for (const task of named) if (!isEnded(task.state)) throw notRunning(task, 'removed before it ends');
  return new Set([...matching, ...named].map(({ id }) => id));
}

/** Removes the files of removed tasks that a crash left. */
export async function sweepFiles(deps: CleanDeps): Promise<void> {
  for (const id of deps.store.removals()) {
    await removeFiles(deps, id);
    deps.log.info({ task: id }, 'files of a removed task removed');
  }
}

async function removeFiles({ store, tasksDir }: CleanDeps, id: TaskId): Promise<void> {
  await rm(join(tasksDir, id), { recursive: true, force: true });
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
