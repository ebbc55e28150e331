// babysit attach: continues the output and input of a task whose client is gone.
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, oneRef, taskPath } from '../../input/refs.ts';
import { EarlyEnd } from '../../stream/early-end.ts';
import { passThrough } from '../../stream/pass-through.ts';
import { openReceipt } from '../../stream/receipt.ts';

export const command = defineCommand({
  usage: 'attach NAME [--no_stdin] [--tie] [--quiet] [--receipt=FILE]',
  about: `Continues a task of babysit exec whose client was killed: prints the output that the client has not printed, then what
follows, passes standard input and signals, and ends with the exit code of the task or by its signal.`,
  flags: {
    ...NAME_FLAG,
    no_stdin: { kind: 'switch', help: 'do not pass standard input' },
    quiet: { kind: 'switch', short: 'q', help: 'print nothing of its own on standard error' },
    tie: { kind: 'switch', help: 'end the task when this command is killed' },
    receipt: { kind: 'text', value: 'FILE', help: 'write the end of the task to FILE, as JSON' },
  },
  examples: ['babysit attach build', 'babysit attach build --no_stdin | tail -5'],
  async run(context, parsed) {
    const { flags } = parsed;
    const receipt = openReceipt(flags.receipt, context.output);
    const task = await call<TaskView>(context.session, 'GET', taskPath(oneRef(parsed, 'attach')));
    if (!task.attachable)
      throw new BabysitError('not_attachable', `${task.name} was not started by babysit exec`, {
        hint: `babysit log ${task.name} --follow`,
      });
    return passThrough(context, {
      task: task.id,
      name: task.name,
      attempt: Math.max(1, task.attempt),
      tie: flags.tie,
      quiet: flags.quiet,
      withStdin: !flags.no_stdin,
      hasTerminal: task.pty,
      receipt,
      early: new EarlyEnd(context),
    });
  },
});
