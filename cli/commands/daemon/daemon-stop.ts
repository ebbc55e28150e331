// babysit daemon-stop: stops the daemon, and with --kill_tasks its tasks.
import { EXIT } from '../../../src/core/errors.ts';
import { defineCommand } from '../../command.ts';
import { stopDaemon } from '../../daemon-control/stop.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'daemon-stop [--kill_tasks]',
  about: `Returns when the daemon has ended. Tasks keep running, and the next daemon adopts them. With --kill_tasks the daemon first
ends every task with the kill ladder.`,
  flags: { kill_tasks: { kind: 'switch', help: 'also end every task' } },
  examples: ['babysit daemon-stop', 'babysit daemon-stop --kill_tasks'],
  async run({ output, session }, { flags, positionals }) {
    noPositionals(positionals, 'daemon-stop');
    const pid = await stopDaemon(session, flags.kill_tasks);
    output.result({ stopped: pid !== null, pid }, () =>
      pid === null ? 'the daemon was not running\n' : `stopped (pid ${pid})\n`,
    );
    return EXIT.ok;
  },
});
