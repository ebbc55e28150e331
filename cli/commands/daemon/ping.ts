// babysit ping: checks whether the daemon answers. Never starts it.
import type { PingView } from '../../../src/api/schemas/daemon.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'ping',
  about: 'Exits 0 when the daemon answers, 69 when it does not. Never starts the daemon.',
  flags: {},
  examples: ['babysit ping'],
  async run({ output, session }, { positionals }) {
    noPositionals(positionals, 'ping');
    const ping = await call<PingView>({ ...session, autostart: false }, 'GET', '/v1/ping');
    output.result(ping, () => `pong (pid ${ping.pid}, version ${ping.version})\n`);
    return EXIT.ok;
  },
});
