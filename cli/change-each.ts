// Sends one request for each of several tasks. A failed request does not stop the others.
import type { TaskView } from '../src/api/schemas/task.ts';
import { counted } from '../src/core/counted.ts';
import { BabysitError, ERRORS, EXIT } from '../src/core/errors.ts';
import { escapeField } from '../src/text/terminal.ts';
import type { Selected, Selection } from './client/select.ts';
import { call } from './client/session.ts';
import type { Context } from './command.ts';
import { callerName } from './input/caller.ts';
import { taskPath } from './input/refs.ts';
import { printError } from './output/output.ts';
import { startText } from './output/start-text.ts';
import { taskView } from './output/task-output.ts';

/** Requests in flight at a time: the daemon commits those of one turn together. */
const AT_ONCE = 16;

export interface ChangeOptions {
  /** Waits until the change has taken effect; returns the task then. */
  readonly settle?: (task: TaskView) => Promise<TaskView>;
  /** Returns the task when the error is no failure of this command, else null. */
  readonly forgive?: (error: BabysitError, ref: Selected) => Promise<TaskView | null>;
  /** The text says when a task that is pending then starts, and why it waits. */
  readonly saysStart?: boolean;
  /** The short answer. */
  readonly view?: (task: TaskView) => object;
  /** Follows the name on a terminal. */
  readonly tail?: (task: TaskView) => string;
}

/**
 * POSTs `body` to `verb` of each task and prints `done: NAME`; for a pattern or a tag one receipt, unless --full asks for
 * each. Returns the largest exit code.
 */
export async function changeEach(
  context: Context,
  { tasks, isGroup }: Selection,
  verb: string,
  body: object,
  done: string | ((task: TaskView) => string),
  {
    settle = (task) => Promise.resolve(task),
    forgive = () => Promise.resolve(null),
    saysStart = false,
    view = (task) => taskView(task, false),
    tail = () => '',
  }: ChangeOptions = {},
): Promise<number> {
  const { output, env, full } = context;
  const session = { ...context.session, caller: callerName(env) };
  const changed: TaskView[] = [];
  let worst: number = EXIT.ok;
  const send = (task: Selected) =>
    call<TaskView>(session, 'POST', taskPath(task, `/${verb}`), body)
      .then(settle)
      .catch((error: unknown) => {
        if (!(error instanceof BabysitError)) throw error;
        return forgive(error, task).then((forgiven) => forgiven ?? error);
      });
  for (let i = 0; i < tasks.length; i += AT_ONCE)
    for (const answer of await Promise.all(tasks.slice(i, i + AT_ONCE).map(send))) {
      if (answer instanceof BabysitError) {
        printError(output, answer, full);
        worst = Math.max(worst, ERRORS[answer.code].exit);
        continue;
      }
      changed.push(answer);
      if (answer.note !== undefined) output.message(`babysit: ${answer.note}\n`);
      const what = typeof done === 'string' ? done : done(answer);
      const start = saysStart && answer.status === 'pending' ? `; it ${startText(answer, nowMs())}` : '';
      if (!isGroup || full)
        output.result(full ? answer : view(answer), () => `${what}: ${answer.name}${tail(answer)}${start}\n`);
    }
  if (isGroup && !full) printReceipt(context, verb, changed);
  return worst;
}

function nowMs(): number {
  // biome-ignore lint/plugin/no-wall-clock: a time relative to now, for people
  return Date.now();
}

/** How many tasks have which status now. */
function printReceipt({ output }: Context, verb: string, tasks: readonly TaskView[]): void {
  const [first, last] = [tasks[0]?.name, tasks.at(-1)?.name];
  if (first === undefined || last === undefined) return;
  const status: Record<string, number> = {};
  for (const task of tasks) status[task.status] = (status[task.status] ?? 0) + 1;
  output.result({ verb, count: tasks.length, first, last, status }, () => {
    const counts = Object.entries(status).map(([name, count]) => `${count} ${name}`);
    return `${verb}: ${counted(tasks.length, 'task')}, ${escapeField(first)} to ${escapeField(last)}; ${counts.join(', ')}\n`;
  });
}
