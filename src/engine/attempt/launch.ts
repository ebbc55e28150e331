// Starts the attempt of a dispatched task.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Group } from '../../cgroups/port.ts';
import { sharedCheckpointDir } from '../../config/checkpoint-dir.ts';
import { type Attempt, isActive, type Task } from '../../core/task.ts';
import { type Environment, THREADS_VARIABLE, taskEnvironment } from '../../exec/environment.ts';
import type { Journal, Launch, LogLimits, Tools } from '../../exec/launch-script.ts';
import type { Spawner } from '../../exec/spawner.ts';
import { startAttempt } from '../../exec/start.ts';
import type { Relay } from '../../relay/control.ts';
import type { Store } from '../../store/store.ts';
import type { Profiles } from '../profiles/profiles.ts';
import { writeDescription } from './description.ts';
import type { LiveAttempt } from './live-attempt.ts';
import { groupName } from './paths.ts';

export interface LaunchDeps {
  readonly tools: Tools;
  readonly store: Store;
  readonly spawner: Spawner;
  readonly relay: Relay;
  readonly profiles: Profiles;
  readonly logs: { readonly rules: LogLimits };
  /** The state directory. */
  readonly home: string;
}

/** Observes the attempt before the supervisor writes the first record. */
export function launchAttempt(deps: LaunchDeps, task: Task, attempt: Attempt, live: LiveAttempt): void {
  for (const dir of [dirname(live.paths.dir), checkpointDirOf(deps, task, live)])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeDescription(live.paths.description, task);
  startAttempt(deps.spawner, () => launchOf(deps, task, attempt, live), live);
  if (task.execOptions.streams !== undefined) deps.relay.open(live.paths.dir);
}

function launchOf(deps: LaunchDeps, task: Task, attempt: Attempt, live: LiveAttempt): Launch {
  const { tools, spawner, logs } = deps;
  const env = environmentOf(deps, task, live);
  return {
    dir: live.paths.dir,
    log: logs.rules,
    entryFiles: live.group.entryFiles,
    preparation: live.group.preparation,
    journal: journalOf(task, live.group),
    counterFiles: live.group.counterFiles,
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

function journalOf({ name, execOptions }: Task, { preparation }: Group): Journal | null {
  if (preparation !== null) return { identifier: name, unit: preparation };
  return execOptions.isJournaled ? { identifier: name, unit: null } : null;
}

/** Empty for an attempt of an older version, which accepts no tasks inside it. */
function tokenOf({ state }: Task): string {
  return isActive(state) ? (state.attempt.token ?? '') : '';
}

/** The variables of the command of an attempt. */
export function environmentOf(
  deps: Pick<LaunchDeps, 'store' | 'profiles' | 'home'>,
  task: Task,
  live: LiveAttempt,
): Environment {
  const group = groupName(task.id, task.attempts);
  const checkpointDir = checkpointDirOf(deps, task, live);
  return taskEnvironment(
    deps.store.environment(task.id),
    task,
    { ...live.paths, checkpointDir, group, token: tokenOf(task) },
    deps.profiles.settings.threadsMax,
  );
}

function checkpointDirOf({ home }: Pick<LaunchDeps, 'home'>, task: Task, { paths }: LiveAttempt): string {
  return task.checkpoint === undefined
    ? paths.checkpointDir
    : sharedCheckpointDir(home, task.project, task.checkpoint);
}
