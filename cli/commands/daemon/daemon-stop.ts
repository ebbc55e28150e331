// babysit daemon-stop: stops the daemon, and with --kill_tasks its tasks.
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { defineCommand } from '../../command.ts';
import { stopDaemon } from '../../daemon-control/stop.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'daemon-stop [--kill_tasks]',
  about: `Returns when the daemon has ended. Tasks keep running, and the next daemon adopts them. With --kill_tasks the daemon first
ends every running task with the kill ladder. If the daemon has died, another one is started for that, which starts no pending task.`,
  flags: { kill_tasks: { kind: 'switch', help: 'also end every running task' } },
  examples: ['babysit daemon-stop', 'babysit daemon-stop --kill_tasks'],
  async run({ output, session }, { flags, positionals }) {
    noPositionals(positionals, 'daemon-stop');
    const stopped = await stopDaemon(session, flags.kill_tasks);
    if (stopped?.wasHanging && !stopped.isReplaced) throw hung(stopped.pid);
    const pid = stopped?.pid ?? null;
    // A field of its own only where it says something.
    const replaced = stopped?.isReplaced ? { daemon_was_dead: true } : {};
    output.result({ stopped: pid !== null, pid, ...replaced }, () => {
      if (pid === null) return 'the daemon was not running\n';
      return stopped?.isReplaced
        ? `the daemon was not running; its tasks were ended by another one (pid ${pid})\n`
        : `stopped (pid ${pid})\n`;
    });
    return EXIT.ok;
  },
});

/** An error, because the daemon had no chance to do what was asked. */
function hung(pid: number): BabysitError {
  return new BabysitError(
    'daemon_unreachable',
    `the daemon (pid ${pid}) did not answer and was ended with SIGKILL`,
    {
      reason: 'silent',
      pid,
      hint: 'Its tasks keep running. Run babysit daemon-start: the next daemon adopts them.',
    },
  );
}
