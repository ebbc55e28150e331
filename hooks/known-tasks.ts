// Asks the daemon for the tasks that a command may mean. A daemon that does not answer at once is not asked.
import { existsSync } from 'node:fs';
import { currentProject, findProject } from '../cli/input/project.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { findHome } from '../src/config/home.ts';
import type { Tasks } from './decide.ts';
import type { ShellRequest } from './harness.ts';

const ANSWER_MS = 500;
const TASKS_MAX = 200;

export interface AllTasks extends Tasks {
  readonly all: readonly TaskView[];
  readonly project: string;
  readonly owner: string | null;
}

/** Returns null without a daemon. */
export async function askTasks(request: ShellRequest, env: NodeJS.ProcessEnv): Promise<AllTasks | null> {
  const home = findHome(env);
  if (!existsSync(home.pidFile)) return null;
  try {
    const { send } = await import('../cli/client/http.ts');
    const path = `/v1/tasks?limit=${TASKS_MAX}`;
    const { status, text } = await send(home.socket, { method: 'GET', path, timeoutMs: ANSWER_MS });
    if (status !== 200) return null;
    const { tasks, next } = JSON.parse(text) as { tasks: TaskView[]; next: string | null };
    const project = request.cwd === null ? currentProject() : findProject(request.cwd);
    const owner = request.session ?? env.CLAUDE_CODE_SESSION_ID ?? null;
    const live = tasks.filter(({ ended_at }) => ended_at === null);
    return {
      all: tasks,
      project,
      owner,
      live: live.filter((task) => task.project === project || (owner !== null && task.owner === owner)),
      others: live,
      // An older task is not in the list.
      exists: (ref) =>
        next !== null ||
        tasks.some(({ id, name }) => name === ref || (ref.length >= 4 && id.startsWith(ref.toUpperCase()))),
    };
  } catch {
    return null;
  }
}
