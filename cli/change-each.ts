// One order for several tasks: each is done or refused on its own.
import type { TaskView } from '../src/api/schemas/task.ts';
import { BabysitError, ERRORS, EXIT } from '../src/core/errors.ts';
import { call } from './client/session.ts';
import type { Context } from './command.ts';
import { taskPath } from './input/refs.ts';
import { printError } from './output/output.ts';
import { taskView } from './output/task-view.ts';

/** POSTs `body` to `verb` of each task; `said` is what people read before its name. The worst exit code. */
export async function changeEach(
  { output, session, full }: Context,
  refs: readonly string[],
  verb: string,
  body: object,
  said: string,
): Promise<number> {
  let worst: number = EXIT.ok;
  for (const ref of refs) {
    try {
      const task = await call<TaskView>(session, 'POST', taskPath(ref, `/${verb}`), body);
      output.data(output.json ? `${JSON.stringify(taskView(task, full))}\n` : `${said}: ${task.name}\n`);
    } catch (error) {
      // One that is gone already must not keep the others from it.
      if (!(error instanceof BabysitError)) throw error;
      printError(output, error);
      worst = Math.max(worst, ERRORS[error.code].exit);
    }
  }
  return worst;
}
