// babysit retry: starts another attempt of ended tasks.
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { bodyFromFlags, flagsOf } from '../../../src/request/flags.ts';
import { changeEach } from '../../change-each.ts';
import { SELECT_FLAGS, selectTasks } from '../../client/select.ts';
import { defineCommand } from '../../command.ts';
import type { FlagSpecs } from '../../input/argv.ts';

const FLAGS = { ...SELECT_FLAGS, ...flagsOf('retry') } as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'retry (NAME... | --tag=TAG) [--command=LINE] [--env=K=V] [--estimated_mem_bytes=S] [--estimated_cpu_cores=N] [--estimated_time=D] [--kill_timeout=D] [flags]',
  about: `Queues the next attempt of each task with the same name, id and directory, and with the same command, environment,
estimates and limits where no flag changes them. The logs of earlier attempts, the checkpoint directory and the place in the
queue stay. Tasks that failed because they come after this one wait for it again.
A memory cap that the same command is known to exceed is refused with the command that raises it.`,
  flags: FLAGS,
  examples: [
    'babysit retry train',
    'babysit retry train --estimated_mem_bytes=6G --queue',
    "babysit retry train --command='./train.sh --lr=1e-4' --env=SEED=7",
  ],
  async run(context, parsed) {
    const selection = await selectTasks(context.session, parsed, 'retry');
    return changeEach(context, selection, 'retry', bodyFromFlags('retry', parsed.flags), doneWith, {
      saysStart: true,
    });
  },
});

function doneWith({ status }: TaskView): string {
  return status === 'running' ? 'started' : 'queued';
}
