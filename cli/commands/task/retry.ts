// babysit retry: starts another attempt of ended tasks.
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'retry NAME...',
  about: `Queues the next attempt of each task with the same name, id, command, directory, environment, estimates and limits.
The logs of earlier attempts and the checkpoint directory of the task stay.`,
  flags: NAME_FLAG,
  examples: ['babysit retry train'],
  run: (context, parsed) => changeEach(context, someRefs(parsed, 'retry'), 'retry', {}, 'queued'),
});
