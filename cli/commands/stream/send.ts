// babysit send: writes to the standard input of a task.
import { constants, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { jsonFrame, KIND } from '../../../src/relay/frames.ts';
import { bytesOf } from '../../../src/text/bytes.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { currentProject } from '../../input/project.ts';
import { taskPath } from '../../input/refs.ts';
import { standardInput } from '../../stream/standard-input.ts';

export const command = defineCommand({
  usage: 'send NAME TEXT | send NAME - | send NAME --eof',
  about: `Writes a line to the standard input of a running task that was started with --stdin or by babysit exec. With - it copies its
own standard input, byte for byte. --eof closes the standard input of the task, after TEXT if there is one.`,
  flags: {
    all_projects: { kind: 'switch', help: 'look the name up in all projects, instead of this one first' },
    eof: { kind: 'switch', help: 'close the standard input of the task' },
  },
  examples: ['babysit send deploy yes', 'babysit send import --eof - < rows.csv'],
  async run(context, { flags, positionals }) {
    const [name, text, ...more] = positionals;
    if (name === undefined || more.length > 0 || (text === undefined && !flags.eof))
      throw new BabysitError('usage', 'send takes the name of a task and one text', {
        hint: "babysit send NAME 'a line', babysit send NAME - <FILE, or babysit send NAME --eof",
      });
    const ref = { text: name, project: flags.all_projects ? null : currentProject() };
    const task = await call<TaskView>(context.session, 'GET', taskPath(ref));
    const pipe = openStdin(context, task);
    if (text === '-') await pipeline(standardInput(), pipe);
    else if (text === undefined) pipe.destroy();
    else
      await new Promise<void>((resolve) =>
        pipe.end(bytesOf(text.endsWith('\n') ? text : `${text}\n`), resolve),
      );
    if (flags.eof) await closeStdin(context, task);
    return EXIT.ok;
  },
});

function openStdin({ session }: Context, task: TaskView): Socket {
  if (task.status !== 'running' && task.status !== 'paused')
    throw new BabysitError('not_running', `cannot send to ${task.name}: it is ${task.status}`, {
      name: task.name,
    });
  const path = join(session.home.tasks, task.id, `${task.attempt}.in`);
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: false, writable: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = task.stdin ? 'its standard input is closed' : 'it was started without --stdin';
    if (code === 'ENOENT' || code === 'ENXIO')
      throw new BabysitError('no_stdin', `cannot send to ${task.name}: ${why}`);
    throw error;
  }
}

async function closeStdin({ session }: Context, { id, attempt }: TaskView): Promise<void> {
  const relay = connect(session.home.relaySocket);
  relay.write(jsonFrame(KIND.hello, { role: 'sender', task: id, attempt }));
  relay.end(jsonFrame(KIND.wish, { wish: 'close_stdin' }));
  await readAll(relay).catch(() => {});
}
