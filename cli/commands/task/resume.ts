// babysit resume: continues paused tasks.
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'resume NAME...',
  about: 'Thaws every process of the task. The task continues where it was paused.',
  flags: NAME_FLAG,
  examples: ['babysit resume train'],
  run: (context, parsed) => changeEach(context, someRefs(parsed, 'resume'), 'resume', {}, 'resumed'),
});
