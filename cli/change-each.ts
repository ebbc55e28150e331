// Sends one request for each of several tasks. A failed request does not stop the others.
import type { TaskView } from '../src/api/schemas/task.ts';
import { BabysitError, ERRORS, EXIT } from '../src/core/errors.ts';
import { call } from './client/session.ts';
import type { Context } from './command.ts';
import { type Ref, taskPath } from './input/refs.ts';
import { printError } from './output/output.ts';
import { taskView } from './output/task-output.ts';

/** POSTs `body` to `verb` of each task and prints `done: NAME`. Returns the largest exit code. */
export async function changeEach(
  { output, session, full }: Context,
  refs: readonly Ref[],
  verb: string,
  body: object,
  done: string,
): Promise<number> {
  let worst: number = EXIT.ok;
  for (const ref of refs) {
    try {
      const task = await call<TaskView>(session, 'POST', taskPath(ref, `/${verb}`), body);
      output.result(taskView(task, full), () => `${done}: ${task.name}\n`);
    } catch (error) {
      if (!(error instanceof BabysitError)) throw error;
      printError(output, error);
      worst = Math.max(worst, ERRORS[error.code].exit);
    }
  }
  return worst;
}
