// The exit code of a command that ends as its task did, for --exit_code and exec.
import type { TaskView } from '../src/api/schemas/task.ts';
import { EXIT } from '../src/core/errors.ts';
import { signalNumber } from '../src/procfs/process/signal-names.ts';

/** 128 + n after signal n, as in a shell; 125 when the command has no end of its own: it never started, or was lost. */
export function ownExit({ exit_code, signal }: Pick<TaskView, 'exit_code' | 'signal'>): number {
  if (exit_code !== null) return exit_code;
  const number = signalNumber(signal);
  return number === null ? EXIT.noOwnCode : 128 + number;
}
