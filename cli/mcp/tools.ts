// The table of tools. Each sends the same request as the command of the same name.
import type { TestRunView } from '../../src/api/schemas/capacity.ts';
import type { RunBody } from '../../src/api/schemas/run.ts';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { parseDuration } from '../../src/units/duration.ts';
import { parseSize } from '../../src/units/size.ts';
import { graceMsOf, untilKilled } from '../client/killed.ts';
import { listFolded } from '../client/list-tasks.ts';
import { call, readText } from '../client/session.ts';
import { findCaller, findCwd } from '../input/project.ts';
import { taskPath } from '../input/refs.ts';
import { foldView } from '../output/fold.ts';
import { errorView } from '../output/output.ts';
import { hostView } from '../output/short/short-host.ts';
import { testView } from '../output/short/short-test.ts';
import { rowView, taskView } from '../output/task-output.ts';
import * as inputs from './inputs.ts';
import * as outputs from './outputs.ts';
import { type Naming, projectOf, refOf, selectNamed } from './refs.ts';
import { type Caller, defineTool, type Outcome, type Tool } from './tool.ts';
import { wait, waitForCapacity } from './wait.ts';

const LOG_BYTES = '16K';
const LIST_ROWS = 100;
const LOG_LINES = 15;

const run = defineTool({
  description:
    'Submit a long, heavy or unattended shell command with estimates of its time, memory and CPU; returns at once. The command runs in a cgroup with hard caps of 3 x the estimates and outlives this session. It is killed with a reason when it exceeds its limits or stays silent. Use wait to learn how it ends. The error capacity_exceeded means no room now: set queue=true, call wait_for_capacity, or lower the estimates.',
  input: inputs.run,
  output: outputs.run,
  isReadOnly: false,
  async call({ session, scope, umask }, request) {
    const cwd = request.cwd === undefined ? undefined : findCwd(request.cwd);
    const caller = { ...findCaller(session.env, cwd), umask, owner: scope.owner };
    const body: RunBody = { ...request, cwd, caller };
    const view = await call<TaskView | TestRunView>(session, 'POST', '/v1/tasks', body);
    return { answer: 'test_only' in view ? testView(view) : taskView(view, false) };
  },
});

const list = defineTool({
  description: "List this project's live tasks and tasks that ended in the last 24 hours.",
  input: inputs.list,
  output: outputs.list,
  isReadOnly: true,
  async call({ session }, { since, all, status, owner, tag, before, limit = LIST_ROWS, ...scope }) {
    const query = new URLSearchParams();
    const project = all ? null : projectOf(scope);
    if (project !== null) query.set('project', project);
    for (const [key, value] of Object.entries({ status, owner, tag, before }))
      if (value !== undefined) query.set(key, value);
    if (all) query.set('all', '1');
    if (since !== undefined) query.set('since_ms', String(parseDuration(since, 'since')));
    const { rows, next } = await listFolded(session, query, limit);
    const tasks = rows.map((row) => ('count' in row ? foldView(row) : rowView(row, false)));
    return { answer: { tasks, ...(next === null ? {} : { next }) } };
  },
});

const status = defineTool({
  description:
    'Show one task in full (why it waits, current use, how it ended, suggested estimates), or without a name host, capacity and queue. Do not poll: wait returns when a task ends.',
  input: inputs.status,
  output: outputs.status,
  isReadOnly: true,
  async call({ session }, { name, ...scope }) {
    if (name === undefined) return { answer: hostView(await call<StatusView>(session, 'GET', '/v1/status')) };
    const task = await call<TaskView>(session, 'GET', taskPath(refOf(name, scope)));
    return { answer: Object.fromEntries(Object.entries(task).filter(([, value]) => value !== null)) };
  },
});

const log = defineTool({
  description:
    'Read the output of a task, standard output and standard error in order; the last lines by default.',
  input: inputs.log,
  output: outputs.log,
  isReadOnly: true,
  async call({ session }, { name, attempt, tail, head, full, max_bytes = LOG_BYTES, ...scope }) {
    const parts = { tail, head, full };
    if (Object.values(parts).filter((part) => part !== undefined && part !== false).length > 1)
      throw new BabysitError('usage', 'tail, head and full exclude each other');
    const query = new URLSearchParams({ max_bytes: String(parseSize(max_bytes, 'max_bytes')) });
    if (attempt !== undefined) query.set('attempt', String(attempt));
    if (full) query.set('full', '1');
    else if (head !== undefined) query.set('head', String(head));
    else query.set('tail', String(tail ?? LOG_LINES));
    const text = await readText(session, taskPath(refOf(name, scope), `/log?${query}`));
    return { answer: { output: text }, text };
  },
});

const kill = defineTool({
  description:
    'End tasks: creates the stop file, sends SIGTERM to the whole group, and SIGKILL after the grace time. Answers with the end when it comes within that time.',
  input: inputs.kill,
  output: outputs.changed,
  isReadOnly: false,
  async call(caller, { name, tag, cwd, all_projects, ...body }, request) {
    const graceMs = await graceMsOf(caller.session);
    const shown = new Map<string, number>();
    const settle = async (asked: TaskView): Promise<TaskView> => {
      request.covers(asked.id);
      const { task, seq } = await untilKilled(caller.session, asked, graceMs);
      if (seq > 0) shown.set(task.id, seq);
      return task;
    };
    const naming = { name, tag, cwd, all_projects };
    return { ...(await changeEach(caller, naming, 'kill', { ...body, ...caller.scope }, settle)), shown };
  },
});

const adjust = defineTool({
  description: 'Change estimates, kill timeout or priority of live tasks. The caps change at once.',
  input: inputs.adjust,
  output: outputs.changed,
  isReadOnly: false,
  call: (caller, { name, tag, cwd, all_projects, ...body }) =>
    changeEach(caller, { name, tag, cwd, all_projects }, 'adjust', body),
});

const retry = defineTool({
  description:
    'Start another attempt of ended tasks with the same request, or with a new command, variables, estimates or limits. Checkpoints, history and dependent tasks stay. After a kill use the fields of its suggested_command.',
  input: inputs.retry,
  output: outputs.changed,
  isReadOnly: false,
  call: (caller, { name, tag, cwd, all_projects, ...body }) =>
    changeEach(caller, { name, tag, cwd, all_projects }, 'retry', body),
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

/** A failed request does not stop the others. */
async function changeEach(
  { session }: Caller,
  naming: Naming,
  verb: string,
  body: object,
  settle = (task: TaskView): Promise<TaskView> => Promise.resolve(task),
): Promise<Outcome> {
  const tasks: object[] = [];
  const errors: object[] = [];
  for (const ref of await selectNamed(session, naming, verb)) {
    try {
      const task = await settle(await call<TaskView>(session, 'POST', taskPath(ref, `/${verb}`), body));
      tasks.push(taskView(task, false));
    } catch (error) {
      if (!(error instanceof BabysitError)) throw error;
      errors.push({ name: ref.name, ...errorView(error) });
    }
  }
  return {
    answer: { ...(tasks.length === 0 ? {} : { tasks }), ...(errors.length === 0 ? {} : { errors }) },
    isError: tasks.length === 0,
  };
}
