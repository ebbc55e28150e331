// Where babysit keeps its state. Imports nothing heavy: the CLI reads it too.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** `$BABYSIT_HOME`, else `$XDG_STATE_HOME/babysit`, else `~/.local/state/babysit`; absolute. */
export function homeDir(env: Env): string {
  if (env.BABYSIT_HOME) return resolve(env.BABYSIT_HOME);
  if (env.XDG_STATE_HOME) return resolve(env.XDG_STATE_HOME, 'babysit');
  return join(env.HOME || homedir(), '.local', 'state', 'babysit');
}

export interface HomePaths {
  readonly home: string;
  readonly socket: string;
  readonly database: string;
  readonly lock: string;
  readonly pidFile: string;
  readonly log: string;
  readonly config: string;
  readonly tasks: string;
}

export function homePaths(home: string): HomePaths {
  return {
    home,
    socket: join(home, 'daemon.sock'),
    database: join(home, 'babysit.db'),
    lock: join(home, 'daemon.lock'),
    pidFile: join(home, 'daemon.pid'),
    log: join(home, 'daemon.log'),
    config: join(home, 'config.json'),
    tasks: join(home, 'tasks'),
  };
}
