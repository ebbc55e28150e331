// The tools by name. Each asks the daemon what the CLI's command of the same name asks.
import type { RunBody } from '../../src/api/schemas/run.ts';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { parseDuration } from '../../src/units/duration.ts';
import { parseSize } from '../../src/units/size.ts';
import { call, stream } from '../client/session.ts';
import { hostView } from '../commands/task/status.ts';
import { findCaller, findCwd, findProject } from '../input/project.ts';
import { taskPath } from '../input/refs.ts';
import { errorView } from '../output/output.ts';
import { rowView, taskView } from '../output/task-view.ts';
import * as inputs from './inputs.ts';
import { type Caller, defineTool, type Outcome, type Tool } from './tool.ts';
import { refsOf, wait, waitForCapacity } from './wait.ts';

const LOG_BYTES = '16K';
const LOG_LINES = 15;

const run = defineTool({
  description:
    'Submit a long, heavy or unattended shell command with estimates of its time, memory and CPU; returns at once. It runs in a cgroup with hard caps of 3 x the estimates, survives the end of this session, and is killed with a reason when it runs away or goes silent. Learn how it ends with wait. The error capacity_exceeded means no room now: queue=true, wait_for_capacity, or smaller estimates.',
  input: inputs.run,
  isReadOnly: false,
  async call({ session, scope, umask }, request) {
    const cwd = request.cwd === undefined ? undefined : findCwd(request.cwd);
    const caller = { ...findCaller(session.env, cwd), umask, owner: scope.owner };
    const body: RunBody = { ...request, cwd, caller };
    return { answer: taskView(await call<TaskView>(session, 'POST', '/v1/tasks', body), false) };
  },
});

const list = defineTool({
  description: "This project's tasks: live ones, and those that ended in the last day.",
  input: inputs.list,
  isReadOnly: true,
  async call({ session }, { since, all, all_projects, cwd, status, owner, tag }) {
    const query = new URLSearchParams();
    if (!all_projects) query.set('project', findProject(findCwd(cwd)));
    for (const [key, value] of Object.entries({ status, owner, tag }))
      if (value !== undefined) query.set(key, value);
    if (all) query.set('all', '1');
    if (since !== undefined) query.set('since_ms', String(parseDuration(since, 'since')));
    const { tasks } = await call<{ tasks: TaskView[] }>(session, 'GET', `/v1/tasks?${query}`);
    return { answer: { tasks: tasks.map((task) => rowView(task, false)) } };
  },
});

const status = defineTool({
  description:
    'One task in full (why it waits, live figures, how it ended, suggested estimates); without a name host, capacity and queue. Not for polling: wait tells how a task ends.',
  input: inputs.status,
  isReadOnly: true,
  async call({ session }, { name }) {
    if (name === undefined) return { answer: hostView(await call<StatusView>(session, 'GET', '/v1/status')) };
    const task = await call<TaskView>(session, 'GET', taskPath(name));
    return { answer: Object.fromEntries(Object.entries(task).filter(([, value]) => value !== null)) };
  },
});

const log = defineTool({
  description: 'What a task has printed, standard output and standard error in order; short by default.',
  input: inputs.log,
  isReadOnly: true,
  async call({ session }, { name, tail, head, full, max_bytes = LOG_BYTES }) {
    const parts = { tail, head, full };
    if (Object.values(parts).filter((part) => part !== undefined && part !== false).length > 1)
      throw new BabysitError('usage', 'tail, head and full exclude each other');
    const query = new URLSearchParams({ max_bytes: String(parseSize(max_bytes, 'max_bytes')) });
    if (full) query.set('full', '1');
    else if (head !== undefined) query.set('head', String(head));
    else query.set('tail', String(tail ?? LOG_LINES));
    const chunks: Buffer[] = [];
    await stream(session, taskPath(name, `/log?${query}`), (chunk) => chunks.push(chunk));
    return { answer: Buffer.concat(chunks).toString() };
  },
});

const kill = defineTool({
  description: 'End tasks: stop file and SIGTERM to the whole group, SIGKILL after the grace.',
  input: inputs.kill,
  isReadOnly: false,
  call: (caller, { name, ...body }) => changeEach(caller, name, 'kill', body),
});

const adjust = defineTool({
  description: 'New estimates, kill timeout or priority of live tasks; their caps are rewritten at once.',
  input: inputs.adjust,
  isReadOnly: false,
  call: (caller, { name, ...body }) => changeEach(caller, name, 'adjust', body),
});

const retry = defineTool({
  description: 'Another attempt of tasks that have ended, with the same command, directory and estimates.',
  input: inputs.retry,
  isReadOnly: false,
  call: (caller, { name }) => changeEach(caller, name, 'retry', {}),
});

export const TOOLS: Readonly<Record<string, Tool>> = {
  run,
  wait,
  wait_for_capacity: waitForCapacity,
  list,
  status,
  log,
  kill,
  adjust,
  retry,
};

/** Each is done or refused on its own. */
async function changeEach(
  { session }: Caller,
  name: string | readonly string[],
  verb: string,
  body: object,
): Promise<Outcome> {
  const tasks: object[] = [];
  const errors: object[] = [];
  for (const ref of refsOf(name)) {
    try {
      tasks.push(taskView(await call<TaskView>(session, 'POST', taskPath(ref, `/${verb}`), body), false));
    } catch (error) {
      if (!(error instanceof BabysitError)) throw error;
      errors.push({ name: ref, ...errorView(error) });
    }
  }
  return {
    answer: { ...(tasks.length === 0 ? {} : { tasks }), ...(errors.length === 0 ? {} : { errors }) },
    isError: tasks.length === 0,
  };
}
