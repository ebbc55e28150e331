// babysit pause: freezes running tasks.
import { changeEach } from '../../change-each.ts';
import { SELECT_FLAGS, selectTasks } from '../../client/select.ts';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  usage: 'pause (NAME... | --tag=TAG)',
  about: `Freezes every process of the task. A paused task keeps its memory and its reservation. Its clocks stop: neither its
kill timeout nor its silence counts until babysit resume.`,
  flags: SELECT_FLAGS,
  examples: ['babysit pause train'],
  run: async (context, parsed) =>
    changeEach(context, await selectTasks(context.session, parsed, 'pause'), 'pause', {}, 'paused'),
});
