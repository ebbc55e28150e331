// babysit daemon-stop: stops the daemon; tasks run on unless told otherwise.
import { EXIT } from '../../../src/core/errors.ts';
import { defineCommand } from '../../command.ts';
import { stopDaemon } from '../../daemon-control/stop.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'daemon-stop [--kill_tasks]',
  about: `Returns when the daemon is gone. Tasks run on and the next daemon takes them over; with --kill_tasks they are
ended first, by the kill ladder.`,
  flags: { kill_tasks: { kind: 'switch', help: 'end every task too' } },
  examples: ['babysit daemon-stop', 'babysit daemon-stop --kill_tasks'],
  async run({ output, session }, { flags, positionals }) {
    noPositionals(positionals, 'daemon-stop');
    const pid = await stopDaemon(session, flags.kill_tasks);
    if (output.json) output.data(`${JSON.stringify({ stopped: pid !== null, pid })}\n`);
    else output.data(pid === null ? 'was not running\n' : `stopped (pid ${pid})\n`);
    return EXIT.ok;
  },
});
