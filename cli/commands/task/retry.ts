// babysit retry: starts another attempt of ended tasks.
import { bodyFromFlags, flagsOf } from '../../../src/request/flags.ts';
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import type { FlagSpecs } from '../../input/argv.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

const FLAGS = { ...NAME_FLAG, ...flagsOf('retry') } as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'retry NAME... [--estimated_mem_bytes=S] [--estimated_cpu_cores=N] [--estimated_time=D] [--kill_timeout=D]',
  about: `Queues the next attempt of each task with the same name, id, command, directory and environment, and with the same
estimates and limits where no flag changes them. The logs of earlier attempts and the checkpoint directory of the task stay.
A memory cap that the task is known to exceed is refused with the command that raises it.`,
  flags: FLAGS,
  examples: ['babysit retry train', 'babysit retry train --estimated_mem_bytes=6G --queue'],
  run: (context, parsed) =>
    changeEach(context, someRefs(parsed, 'retry'), 'retry', bodyFromFlags('retry', parsed.flags), 'queued'),
});
