// babysit top: a full screen with the host, the running tasks, the queue and what ended.
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { pathToFileURL } from 'node:url';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import type { runTop } from '../../top/run.ts';

export const command = defineCommand({
  usage: 'top',
  about: `Shows the host with a minute of history, the running tasks with their limits, the queue with the reason and the promised
start of each task, the tasks that ended, and the largest programs outside of babysit. The daemon pushes each change.
Keys: arrows select, enter shows one task with its output, / filters, s sorts, p pauses or resumes, k kills (it asks first),
+ and - change the priority, a adjusts, h holds the queue, ? shows all keys, q quits. For a screen reader use babysit list --watch.`,
  flags: {},
  examples: ['babysit top', 'NO_COLOR=1 babysit top'],
  async run({ session, env, output }, { positionals }) {
    noPositionals(positionals, 'top');
    if (!isatty(0) || !isatty(1) || env.TERM === 'dumb' || output.json)
      throw new BabysitError('usage', 'top needs a terminal that can move its cursor', {
        hint: 'Run babysit list --watch for the tasks, or babysit status for the host.',
      });
    const run = await loadTop();
    await run(session, env);
    return EXIT.ok;
  },
});

/** The screen is a separate bundle: its libraries would slow down the start of every command. */
async function loadTop(): Promise<typeof runTop> {
  const built = !import.meta.filename.endsWith('.ts');
  const path = join(import.meta.dirname, built ? 'top.mjs' : '../../top/run.ts');
  const module = (await import(pathToFileURL(path).href)) as { runTop: typeof runTop };
  return module.runTop;
}
