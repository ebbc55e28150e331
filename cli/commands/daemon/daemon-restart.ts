// babysit daemon-restart: restarts the daemon, for a new version or configuration.
import { EXIT } from '../../../src/core/errors.ts';
import { defineCommand } from '../../command.ts';
import { MEMORY_RESERVE_FLAG, withMemoryReserve } from '../../daemon-control/memory-reserve.ts';
import { startDaemonProcess } from '../../daemon-control/start.ts';
import { stopDaemon } from '../../daemon-control/stop.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'daemon-restart [--memory_reserve=SIZE]',
  about:
    'Returns when the new daemon answers. Tasks keep running, and clients that wait for them keep waiting.',
  flags: MEMORY_RESERVE_FLAG,
  examples: ['babysit daemon-restart', 'babysit daemon-restart --memory_reserve=8G'],
  async run({ output, session }, { flags, positionals }) {
    noPositionals(positionals, 'daemon-restart');
    const env = withMemoryReserve(session.env, flags.memory_reserve);
    const old = (await stopDaemon(session, false))?.pid ?? null;
    const { pid, version } = await startDaemonProcess(session.home, env);
    output.result({ restarted: old !== null, pid, version }, () =>
      old === null ? `was not running; started (pid ${pid})\n` : `restarted (pid ${old}, now ${pid})\n`,
    );
    return EXIT.ok;
  },
});
