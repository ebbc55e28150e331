// babysit send: writes to the standard input of a task.
import { once } from 'node:events';
import { constants, existsSync, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { jsonFrame, KIND } from '../../../src/relay/frames.ts';
import { bytesOf } from '../../../src/text/bytes.ts';
import { call, type Session } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { currentProject } from '../../input/project.ts';
import { NAME_FLAG, taskPath } from '../../input/refs.ts';
import { standardInput } from '../../stream/standard-input.ts';

/** As long as a client of exec waits for a relay: on a busy host the start takes seconds. */
const RELAY_TRIES = 300;
const RELAY_RETRY_MS = 100;

export const command = defineCommand({
  usage: 'send NAME TEXT | send NAME - | send NAME --eof',
  about: `Writes a line to the standard input of a running task that was started with --stdin or by babysit exec. With - it copies its
own standard input, byte for byte. --eof closes the standard input of the task, after TEXT if there is one.`,
  flags: {
    ...NAME_FLAG,
    eof: { kind: 'switch', help: 'close the standard input of the task' },
  },
  examples: ['babysit send deploy yes', 'babysit send import --eof - < rows.csv'],
  async run(context, { flags, positionals }) {
    const [name, text, ...more] = [...flags.name, ...positionals];
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
  const path = pipePath(session, task);
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

/** The relay comes up after the first task that needs it. The pipe exists until the command has ended. */
async function closeStdin({ session }: Context, task: TaskView): Promise<void> {
  const wish = jsonFrame(KIND.wish, { wish: 'close_stdin' });
  for (let tries = RELAY_TRIES; existsSync(pipePath(session, task)); tries--) {
    const relay = connect(session.home.relaySocket);
    try {
      await once(relay, 'connect');
      relay.write(jsonFrame(KIND.hello, { role: 'sender', task: task.id, attempt: task.attempt }));
      relay.end(wish);
      await readAll(relay);
      return;
    } catch {
      if (tries === 0)
        throw new BabysitError(
          'no_stdin',
          `cannot close the standard input of ${task.name}: no relay answers`,
          {
            hint: 'Try again in a moment.',
          },
        );
      await delay(RELAY_RETRY_MS);
    }
  }
}

function pipePath({ home }: Session, { id, attempt }: TaskView): string {
  return join(home.tasks, id, `${attempt}.in`);
}
