// babysit resume: continues paused tasks.
import { changeEach } from '../../change-each.ts';
import { SELECT_FLAGS, selectTasks } from '../../client/select.ts';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  usage: 'resume (NAME... | --tag=TAG)',
  about:
    'Thaws every process of the task. The task continues where it was paused. One that the watchdog holds for lack of memory stays held.',
  flags: SELECT_FLAGS,
  examples: ['babysit resume train'],
  run: async (context, parsed) =>
    changeEach(context, await selectTasks(context.session, parsed, 'resume'), 'resume', {}, (task) =>
      task.note === undefined ? 'resumed' : 'not resumed',
    ),
});
