// Reads what a hold or a release is about: tasks by name, or one of the scopes.
import { isAbsolute } from 'node:path';
import type { HoldBody } from '../../src/api/schemas/hold.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { call, type Session } from '../client/session.ts';
import type { FlagSpecs, Parsed } from './argv.ts';
import { callerName } from './caller.ts';
import { currentProject, findCwd, findProject } from './project.ts';
import { NAME_FLAG, taskPath, taskRefs } from './refs.ts';

export const HOLD_FLAGS = {
  ...NAME_FLAG,
  all: { kind: 'switch', help: 'all tasks (the default)' },
  project: {
    kind: 'optional',
    value: 'DIR',
    help: 'the tasks of this project, or of the project of this directory',
  },
  owner: { kind: 'text', value: 'NAME', help: 'the tasks of this owner or agent session' },
  tag: { kind: 'text', value: 'TAG', help: 'the tasks with this tag, or of this batch' },
} as const satisfies FlagSpecs;

export type HoldTargetBody = Pick<HoldBody, 'all' | 'project' | 'owner' | 'tag' | 'task' | 'by'>;

/** One target for each name, else one for the scope. Throws BabysitError usage, not_found or ambiguous. */
export async function holdTargets(
  session: Session,
  parsed: Parsed<typeof HOLD_FLAGS>,
  env: NodeJS.ProcessEnv,
): Promise<HoldTargetBody[]> {
  const { all, project, owner, tag } = parsed.flags;
  const scopes: HoldTargetBody[] = [
    ...(all ? [{ all: true }] : []),
    ...(project === undefined ? [] : [{ project: projectOf(project) }]),
    ...(owner === undefined ? [] : [{ owner }]),
    ...(tag === undefined ? [] : [{ tag }]),
  ];
  const by = callerName(env);
  const refs = taskRefs(parsed);
  if (scopes.length + Math.min(1, refs.length) > 1)
    throw new BabysitError('usage', 'names of tasks, --all, --project, --owner and --tag exclude each other');
  if (refs.length === 0) return [{ ...(scopes[0] ?? { all: true }), by }];
  const tasks = await Promise.all(refs.map((ref) => call<TaskView>(session, 'GET', taskPath(ref))));
  return tasks.map(({ id }) => ({ task: id, by }));
}

/** A project that no longer exists can be released by its path. */
function projectOf(asked: string | true): string {
  if (asked === true) return currentProject();
  try {
    return findProject(findCwd(asked));
  } catch (error) {
    if (isAbsolute(asked)) return asked;
    throw error;
  }
}
