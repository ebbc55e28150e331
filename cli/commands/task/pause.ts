// babysit pause: freezes running tasks.
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'pause NAME...',
  about: `Freezes every process of the task where it stands. It keeps its memory and its reservation; its clocks stand still:
neither its kill timeout nor silence counts while it is paused.`,
  flags: NAME_FLAG,
  examples: ['babysit pause train'],
  run: (context, { flags, positionals }) =>
    changeEach(context, someRefs(positionals, flags.name, 'pause'), 'pause', {}, 'paused'),
});
