// babysit daemon-status: the daemon itself. Starts none.
import type { StatusView } from '../../../src/api/schemas/status.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import { fieldLines } from '../../output/table.ts';
import { version } from '../../version.ts';

export const command = defineCommand({
  usage: 'daemon-status',
  about: 'Exit 0 with pid, version, driver and home when it runs, 69 when it does not. Starts no daemon.',
  flags: {},
  examples: ['babysit daemon-status'],
  async run({ output, session }, { positionals }) {
    noPositionals(positionals, 'daemon-status');
    const { home } = session;
    try {
      const { daemon } = await call<StatusView>({ ...session, home, autostart: false }, 'GET', '/v1/status');
      const outdated =
        daemon.version === version()
          ? {}
          : { hint: `babysit daemon-restart brings it to version ${version()}` };
      const view = { running: true, ...daemon, ...outdated };
      if (output.json) output.data(`${JSON.stringify(view)}\n`);
      else output.data(fieldLines(Object.entries(view).map(([key, value]) => [key, String(value)])));
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof BabysitError && error.extra.reason === 'absent')) throw error;
      if (output.json) output.data(`${JSON.stringify({ running: false, home: home.dir })}\n`);
      else output.data(`not running (home ${home.dir})\n`);
      return EXIT.unreachable;
    }
  },
});
