// babysit daemon-start: brings the daemon up, if it is not.
import { existsSync } from 'node:fs';
import { BabysitError, EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';
import { ping, startDaemonProcess } from '../daemon-process.ts';
import { noPositionals } from '../refs.ts';

export const command = defineCommand({
  usage: 'daemon-start [--observe_only_socket]',
  about:
    'Returns when the daemon answers. Every command starts it when needed, unless BABYSIT_NO_AUTOSTART=1.',
  flags: {
    observe_only_socket: {
      kind: 'switch',
      help: 'also listen on observe.sock, for a sandbox that may look only (for good: api.observe_only_socket in the config)',
    },
  },
  examples: ['babysit daemon-start', 'babysit daemon-start --observe_only_socket'],
  async run({ output, session: { home, env } }, { flags, positionals }) {
    noPositionals(positionals, 'daemon-start');
    const before = await ping(home);
    if (before !== null && flags.observe_only_socket && !existsSync(home.observeSocket))
      throw withoutSocket();
    const daemonEnv = flags.observe_only_socket ? { ...env, BABYSIT_API_OBSERVE_ONLY_SOCKET: 'true' } : env;
    const { pid, version } = before ?? (await startDaemonProcess(home, daemonEnv));
    const started = before === null;
    if (output.json) output.data(`${JSON.stringify({ started, pid, version })}\n`);
    else output.data(started ? `started (pid ${pid})\n` : `was running already (pid ${pid})\n`);
    return EXIT.ok;
  },
});

function withoutSocket(): BabysitError {
  return new BabysitError('usage', 'the daemon runs already, without observe.sock', {
    flag: '--observe_only_socket',
    hint: 'babysit daemon-stop && babysit daemon-start --observe_only_socket; tasks run on meanwhile.',
  });
}
