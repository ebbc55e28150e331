// babysit retry: another attempt of a task that has ended.
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'retry NAME...',
  about: `The same command, directory, environment, estimates and limits, under the same name and id, as its next attempt.
What the attempts before it left stays: their logs, and the checkpoint directory they share.`,
  flags: NAME_FLAG,
  examples: ['babysit retry train'],
  run: (context, { flags, positionals }) =>
    changeEach(context, someRefs(positionals, flags.name, 'retry'), 'retry', {}, 'queued'),
});
