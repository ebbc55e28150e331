// babysit pause: freezes running tasks.
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'pause NAME...',
  about: `Freezes every process of the task. A paused task keeps its memory and its reservation. Its clocks stop: neither its
kill timeout nor its silence counts until babysit resume.`,
  flags: NAME_FLAG,
  examples: ['babysit pause train'],
  run: (context, parsed) => changeEach(context, someRefs(parsed, 'pause'), 'pause', {}, 'paused'),
});
