// babysit daemon-status: shows the daemon. Never starts it.
import type { StatusView } from '../../../src/api/schemas/status.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import { humanValue } from '../../output/human.ts';
import { fieldLines } from '../../output/table.ts';
import { version } from '../../version.ts';

export const command = defineCommand({
  usage: 'daemon-status',
  about:
    'Prints pid, version, driver and home and exits 0 when the daemon runs, 69 when it does not. Never starts the daemon.',
  flags: {},
  examples: ['babysit daemon-status'],
  async run({ output, session }, { positionals }) {
    noPositionals(positionals, 'daemon-status');
    const { home } = session;
    try {
      const { daemon } = await call<StatusView>({ ...session, autostart: false }, 'GET', '/v1/status');
      const outdated =
        daemon.version === version()
          ? {}
          : { hint: `Run babysit daemon-restart to start version ${version()}.` };
      const view = { running: true, ...daemon, ...outdated };
      output.result(view, () =>
        fieldLines(Object.entries(view).map(([key, value]) => [key, humanValue(key, value)])),
      );
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof BabysitError && error.extra.reason === 'absent')) throw error;
      output.result({ running: false, home: home.dir }, () => `not running (home ${home.dir})\n`);
      return EXIT.unreachable;
    }
  },
});
