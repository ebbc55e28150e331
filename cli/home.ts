// Where babysit keeps its state, as the client sees it.
import { isAbsolute, join } from 'node:path';
import { BabysitError } from '../src/core/errors.ts';

export interface Home {
  readonly dir: string;
  readonly socket: string;
  readonly log: string;
}

// sun_path holds 108 bytes on Linux, 104 on macOS, the closing zero included.
const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107;

/** `$BABYSIT_HOME`, else `$XDG_STATE_HOME/babysit`, else `~/.local/state/babysit`. Throws BabysitError usage. */
export function findHome(env: NodeJS.ProcessEnv): Home {
  const dir = env.BABYSIT_HOME || join(stateHome(env), 'babysit');
  if (!isAbsolute(dir)) throw new BabysitError('usage', `BABYSIT_HOME: "${dir}" is not an absolute path`);
  const socket = join(dir, 'daemon.sock');
  if (Buffer.byteLength(socket) > SOCKET_PATH_MAX)
    throw new BabysitError(
      'usage',
      `BABYSIT_HOME: a socket in "${dir}" would have a path of more than ${SOCKET_PATH_MAX} bytes`,
      {
        hint: 'Set BABYSIT_HOME to a shorter path.',
      },
    );
  return { dir, socket, log: join(dir, 'daemon.log') };
}

function stateHome(env: NodeJS.ProcessEnv): string {
  const xdg = env.XDG_STATE_HOME;
  if (xdg && isAbsolute(xdg)) return xdg;
  const home = env.HOME;
  if (!home || !isAbsolute(home))
    throw new BabysitError('usage', 'HOME is not set, so there is no place for the state of babysit', {
      hint: 'Set HOME or BABYSIT_HOME.',
    });
  return join(home, '.local', 'state');
}
