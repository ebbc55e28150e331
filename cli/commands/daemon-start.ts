// babysit daemon-start: brings the daemon up, if it is not.
import { EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';
import { ping, startDaemonProcess } from '../daemon-process.ts';
import { noPositionals } from '../refs.ts';

export const command = defineCommand({
  usage: 'daemon-start',
  about:
    'Returns when the daemon answers. Every command starts it when needed, unless BABYSIT_NO_AUTOSTART=1.',
  flags: {},
  examples: ['babysit daemon-start'],
  async run({ output, session: { home, env } }, { positionals }) {
    noPositionals(positionals, 'daemon-start');
    const before = await ping(home);
    const { pid, version } = before ?? (await startDaemonProcess(home, env));
    const started = before === null;
    if (output.json) output.data(`${JSON.stringify({ started, pid, version })}\n`);
    else output.data(started ? `started (pid ${pid})\n` : `was running already (pid ${pid})\n`);
    return EXIT.ok;
  },
});
