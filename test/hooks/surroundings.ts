// The tasks that the daemon knows when the tables of commands are judged, and the request of an agent in /srv/app.
import { SHIPPED } from '../../cli/agents/heavy/rules.ts';
import type { ShellRequest } from '../../hooks/harness.ts';
import type { Surroundings } from '../../hooks/verdict.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';

const STATE = '/home/u/.local/state/babysit';

function task(id: string, name: string, command: string, more: Partial<TaskView>): TaskView {
  const log_path = `${STATE}/tasks/${id}/1.log`;
  const own = { status: 'running', owner: 'me', project: '/srv/app', cwd: '/srv/app', attempt: 1 } as const;
  return { id, name, command, log_path, ended_at: null, pid: null, ...own, ...more } as TaskView;
}

const BUILD = 'make -j8 all > build.log 2>&1 && touch .build-done';
const live = [
  task('01KB3ZQ8F7M4N6P9R2S5T8V1W3', 'build', BUILD, { pid: 4242 }),
  task('01KB3ZQ9A2B5C8D1E4F7G0H3J6', 'train', 'python train.py --epochs 20', { pid: 4343 }),
  task('01KB3ZQB4K7M0N3P6Q9R2S5T8V', 'e2e', 'npx playwright test', { status: 'pending', log_path: null }),
];
const foreign = { owner: 'you', project: '/srv/shop', cwd: '/srv/shop', pid: 4444 };
const others = [...live, task('01KB3ZQC6V9W2X5Y8Z1A4B7C0D', 'web', 'vite --port 5173', foreign)];

/** Every name exists: the tables hold many. */
export const AROUND: Surroundings = {
  tasks: { all: others, live, others, project: '/srv/app', owner: 'me', exists: () => true },
  routing: { mode: 'advise', rules: SHIPPED },
  mayBypass: false,
  noteLook: null,
};

export function requestOf(command: string, isBackground = false): ShellRequest {
  return {
    command,
    harness: 'claude',
    cwd: '/srv/app',
    session: 'me',
    isBackground,
    limitMs: 120_000,
    input: { command },
    permissionMode: null,
  };
}
