// babysit resume: thaws paused tasks.
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'resume NAME...',
  about: `Lets a paused task go on where it stood.`,
  flags: NAME_FLAG,
  examples: ['babysit resume train'],
  run: (context, { flags, positionals }) =>
    changeEach(context, someRefs(positionals, flags.name, 'resume'), 'resume', {}, 'resumed'),
});
