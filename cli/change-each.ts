// Sends one request for each of several tasks. A failed request does not stop the others.
import type { TaskView } from '../src/api/schemas/task.ts';
import { BabysitError, ERRORS, EXIT } from '../src/core/errors.ts';
import { call } from './client/session.ts';
import type { Context } from './command.ts';
import { type Ref, taskPath } from './input/refs.ts';
import { printError } from './output/output.ts';
import { taskView } from './output/task-output.ts';

export interface ChangeOptions {
  /** Waits until the change has taken effect; returns the task then. */
  readonly settle?: (task: TaskView) => Promise<TaskView>;
  /** The short answer. */
  readonly view?: (task: TaskView) => object;
}

/** POSTs `body` to `verb` of each task and prints `done: NAME`. Returns the largest exit code. */
export async function changeEach(
  { output, session, full }: Context,
  refs: readonly Ref[],
  verb: string,
  body: object,
  done: string | ((task: TaskView) => string),
  { settle = (task) => Promise.resolve(task), view = (task) => taskView(task, false) }: ChangeOptions = {},
): Promise<number> {
  let worst: number = EXIT.ok;
  for (const ref of refs) {
    try {
      const task = await settle(await call<TaskView>(session, 'POST', taskPath(ref, `/${verb}`), body));
      const what = typeof done === 'string' ? done : done(task);
      output.result(full ? task : view(task), () => `${what}: ${task.name}\n`);
    } catch (error) {
      if (!(error instanceof BabysitError)) throw error;
      printError(output, error);
      worst = Math.max(worst, ERRORS[error.code].exit);
    }
  }
  return worst;
}
