// babysit daemon-start: starts the daemon unless it runs.
import { existsSync } from 'node:fs';
import type { ConfigView } from '../../../src/api/schemas/daemon.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { parseSize } from '../../../src/units/size.ts';
import { call, type Session } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { logoutWarning } from '../../daemon-control/logout-warning.ts';
import { MEMORY_RESERVE_FLAG, withMemoryReserve } from '../../daemon-control/memory-reserve.ts';
import { ping, startDaemonProcess } from '../../daemon-control/start.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'daemon-start [--memory_reserve=SIZE] [--observe_only_socket]',
  about:
    'Returns when the daemon answers. Other commands start it when needed, unless BABYSIT_NO_AUTOSTART=1.',
  flags: {
    ...MEMORY_RESERVE_FLAG,
    observe_only_socket: {
      kind: 'switch',
      help: 'also listen on observe.sock, which allows only reading; for every start: setting api.observe_only_socket',
    },
  },
  examples: [
    'babysit daemon-start',
    'babysit daemon-start --memory_reserve=8G',
    'babysit daemon-start --observe_only_socket',
  ],
  async run({ output, session }, { flags, positionals }) {
    noPositionals(positionals, 'daemon-start');
    const { home } = session;
    const { memory_reserve, observe_only_socket } = flags;
    const env = withMemoryReserve(session.env, memory_reserve);
    const before = await ping(home);
    if (before !== null && observe_only_socket && !existsSync(home.observeSocket))
      throw runningWithout('observe.sock', '--observe_only_socket', '--observe_only_socket');
    if (before !== null && memory_reserve !== undefined && !(await hasReserve(session, memory_reserve)))
      throw runningWithout('this memory reserve', '--memory_reserve', `--memory_reserve=${memory_reserve}`);
    const daemonEnv = observe_only_socket ? { ...env, BABYSIT_API_OBSERVE_ONLY_SOCKET: 'true' } : env;
    const { pid, version } = before ?? (await startDaemonProcess(home, daemonEnv));
    const started = before === null;
    const warning = started ? logoutWarning(pid) : null;
    if (warning !== null) output.message(`babysit: ${warning}\n`);
    output.result({ started, pid, version }, () =>
      started ? `started (pid ${pid})\n` : `already running (pid ${pid})\n`,
    );
    return EXIT.ok;
  },
});

async function hasReserve(session: Session, text: string): Promise<boolean> {
  const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
  const key = 'admission.memory_reserve';
  const inForce = String(values.find((row) => row.key === key)?.value);
  return inForce !== 'auto' && parseSize(inForce, key) === parseSize(text, key);
}

function runningWithout(what: string, flag: string, typed: string): BabysitError {
  return new BabysitError('usage', `cannot apply ${flag}: the daemon already runs without ${what}`, {
    flag,
    hint: `Tasks keep running while you run: babysit daemon-stop && babysit daemon-start ${typed}`,
  });
}
