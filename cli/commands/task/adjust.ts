// babysit adjust: changes estimates, kill timeout or priority of live tasks.
import { BabysitError } from '../../../src/core/errors.ts';
import { bodyFromFlags, flagsOf } from '../../../src/request/flags.ts';
import { changeEach } from '../../change-each.ts';
import { SELECT_FLAGS, selectTasks } from '../../client/select.ts';
import { defineCommand } from '../../command.ts';
import type { FlagSpecs } from '../../input/argv.ts';
import { adjustedView } from '../../output/short/short-view.ts';
import { inForceText } from '../../output/task-text.ts';

export const FLAGS = { ...SELECT_FLAGS, ...flagsOf('adjust') } as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'adjust (NAME... | --tag=TAG) [--estimated_time=D] [--estimated_mem_bytes=S] [--estimated_cpu_cores=N] [--kill_timeout=D] [--priority=N] [flags]',
  about: `Applies at once, also to running tasks: their caps are rewritten, and the watchdog restarts its windows with the new numbers.
Room that a running task asks for in addition must be free now (exit 2 when it is not).`,
  flags: FLAGS,
  examples: [
    'babysit adjust train --estimated_mem_bytes=12G --kill_timeout=8h',
    'babysit adjust nightly --priority=10',
  ],
  async run(context, parsed) {
    const body = bodyFromFlags('adjust', parsed.flags);
    const { force: _, ...values } = body;
    if (Object.keys(values).length === 0)
      throw new BabysitError('usage', 'adjust needs at least one field to change', {
        hint: 'For example: babysit adjust NAME --estimated_time=2h. babysit adjust --help lists all fields.',
      });
    const selection = await selectTasks(context.session, parsed, 'adjust');
    const asked = Object.keys(values);
    return changeEach(context, selection, 'adjust', body, 'adjusted', {
      view: (task) => adjustedView(task, asked),
      tail: (task) => `; now ${inForceText(task)}`,
      saysStart: true,
    });
  },
});
