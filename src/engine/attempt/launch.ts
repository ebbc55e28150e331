// Starts the attempt of a dispatched task.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Group } from '../../cgroups/port.ts';
import { sharedCheckpointDir } from '../../config/checkpoint-dir.ts';
import { traitsOf } from '../../core/engine-traits.ts';
import { pipePaths } from '../../core/streams.ts';
import { type Attempt, liveAttemptOf, type Task } from '../../core/task.ts';
import { type Environment, THREADS_VARIABLE, taskEnvironment } from '../../exec/environment.ts';
import type { Journal, Launch, LogLimits, Tools } from '../../exec/launch-script.ts';
import type { PipeStore } from '../../exec/pipe-store.ts';
import type { Spawner } from '../../exec/spawner.ts';
import { startAttempt } from '../../exec/start.ts';
import type { Relay } from '../../relay/control.ts';
import type { Store } from '../../store/store.ts';
import type { Profiles } from '../profiles/profiles.ts';
import { writeDescription } from './description.ts';
import type { LiveAttempt } from './live-attempt.ts';
import { type AttemptPaths, groupName } from './paths.ts';

export interface LaunchDeps {
  readonly tools: Tools;
  readonly store: Store;
  readonly spawner: Spawner;
  readonly relay: Relay;
  readonly pipes: PipeStore;
  readonly profiles: Profiles;
  readonly logs: { readonly rules: LogLimits };
  /** The state directory. */
  readonly home: string;
}

/** Observes the attempt before the supervisor writes the first record. */
export function launchAttempt(deps: LaunchDeps, task: Task, attempt: Attempt, live: LiveAttempt): void {
  for (const dir of [dirname(live.paths.dir), checkpointDirOf(deps, task, live.paths)])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeDescription(live.paths.description, task);
  const { streams } = task.execOptions;
  if (streams !== undefined) deps.pipes.give(pipePaths(streams, live.paths.dir));
  startAttempt(deps.spawner, () => launchOf(deps, task, attempt, live.paths, live.group), live);
  if (streams !== undefined) deps.relay.open(live.paths.dir);
}

/** `group`: null for an attempt of another engine, which makes its own. */
export function launchOf(
  deps: LaunchDeps,
  task: Task,
  attempt: Attempt,
  paths: AttemptPaths,
  group: Group | null,
): Launch {
  const { tools, spawner, logs } = deps;
  const env = environmentOf(deps, task, paths);
  return {
    dir: paths.dir,
    log: logs.rules,
    entryFiles: group?.entryFiles ?? [],
    preparation: group?.preparation ?? null,
    journal: journalOf(task, group),
    counterFiles: group?.counterFiles ?? [],
    oomScoreAdj: attempt.envelope.oomScoreAdj,
    command: task.command,
    nice: attempt.envelope.nice,
    isBackground: task.execOptions.isBackground,
    usesPty: task.execOptions.usesPty,
    streams: task.execOptions.streams ?? null,
    cwd: task.cwd,
    umask: task.umask,
    inherited: task.inherited,
    env,
    jobs: task.execOptions.hasJobserver ? Number(env[THREADS_VARIABLE]) : null,
    tools: { ...tools, spawnerNice: spawner.nice },
  };
}

function journalOf({ name, execOptions }: Task, group: Group | null): Journal | null {
  const preparation = group?.preparation ?? null;
  if (preparation !== null) return { identifier: name, unit: preparation };
  return execOptions.isJournaled ? { identifier: name, unit: null } : null;
}

/** Empty for an attempt of an older version, which accepts no tasks inside it. */
function tokenOf({ state }: Task): string {
  return liveAttemptOf(state)?.token ?? '';
}

/** The variables of the command of an attempt. */
export function environmentOf(
  deps: Pick<LaunchDeps, 'store' | 'profiles' | 'home'>,
  task: Task,
  paths: AttemptPaths,
): Environment {
  const group = groupName(task.id, task.attempts);
  const checkpointDir = checkpointDirOf(deps, task, paths);
  return taskEnvironment(
    deps.store.environment(task.id),
    task,
    { ...paths, checkpointDir, group, token: tokenOf(task) },
    // The profile shares this host.
    traitsOf(task).usesHost ? deps.profiles.settings.threadsMax : Number.POSITIVE_INFINITY,
  );
}

function checkpointDirOf({ home }: Pick<LaunchDeps, 'home'>, task: Task, paths: AttemptPaths): string {
  return task.checkpoint === undefined
    ? paths.checkpointDir
    : sharedCheckpointDir(home, task.project, task.checkpoint);
}
