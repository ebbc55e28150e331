// babysit ping: is the daemon there? Starts none.
import type { PingView } from '../../../src/api/schemas/daemon.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'ping',
  about:
    'Exit 0 when the daemon answers, 69 when it does not. The one command besides daemon-status that starts no daemon.',
  flags: {},
  examples: ['babysit ping && echo there'],
  async run({ output, session }, { positionals }) {
    noPositionals(positionals, 'ping');
    const ping = await call<PingView>(
      { ...session, home: session.home, autostart: false },
      'GET',
      '/v1/ping',
    );
    output.data(
      output.json ? `${JSON.stringify(ping)}\n` : `pong (pid ${ping.pid}, version ${ping.version})\n`,
    );
    return EXIT.ok;
  },
});
