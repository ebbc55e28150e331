// Finds the state directory and its files. Imports nothing heavy, because the CLI loads it too.
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { BabysitError } from '../core/errors.ts';

export interface Home {
  readonly dir: string;
  readonly socket: string;
  /** Of the process that passes output to clients (src/relay). */
  readonly relaySocket: string;
  /** Exists only with api.observe_only_socket. */
  readonly observeSocket: string;
  readonly database: string;
  readonly lock: string;
  readonly pidFile: string;
  readonly log: string;
  readonly config: string;
  /** Uses of levers while no daemon runs. */
  readonly leverUses: string;
  /** The time series of the host. */
  readonly series: string;
  /** The programs that used the host outside of all tasks. */
  readonly outsideLog: string;
  readonly tasks: string;
  /** Files of tasks that no database knows, put aside at a start. */
  readonly lostTasks: string;
  /** Changed when a start warned that a logout ends the daemon. */
  readonly logoutWarned: string;
  /** Address of the dashboard that runs, with its token. */
  readonly dashboard: string;
  /** Leads a browser to that address. */
  readonly dashboardPage: string;
  /** The identity of the database that `tasks` belongs to. */
  readonly identity: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The longest name of a socket. */
const OBSERVE_SOCKET = 'observe.sock';
/** sun_path has 108 bytes on Linux and 104 on macOS, including the final zero. */
const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107;

/**
 * `$BABYSIT_HOME`, else `$XDG_STATE_HOME/babysit`, else `~/.local/state/babysit`; without links, `..` and final slashes.
 * Throws BabysitError `usage`.
 */
export function findHome(env: Env): Home {
  const named = env.BABYSIT_HOME || join(stateHome(env), 'babysit');
  if (!isAbsolute(named))
    throw new BabysitError('usage', `BABYSIT_HOME: "${named}" is not an absolute path`, {
      hint: 'Set BABYSIT_HOME to an absolute path.',
    });
  const real = realPath(named);
  // A link may shorten a path that is too long for a socket.
  const dir = fitsSocket(real) ? real : resolve(named);
  // The spawner reads one request per line, with paths in it.
  if (dir.includes('\n'))
    throw new BabysitError('usage', 'BABYSIT_HOME: must not contain a line break', {
      hint: 'Set BABYSIT_HOME to a path without one.',
    });
  if (!fitsSocket(dir))
    throw new BabysitError(
      'usage',
      `BABYSIT_HOME: the path of a socket in "${dir}" would exceed ${SOCKET_PATH_MAX} bytes`,
      { hint: 'Set BABYSIT_HOME to a shorter path.' },
    );
  return {
    dir,
    socket: join(dir, 'daemon.sock'),
    relaySocket: join(dir, 'relay.sock'),
    observeSocket: join(dir, OBSERVE_SOCKET),
    database: join(dir, 'babysit.db'),
    lock: join(dir, 'daemon.lock'),
    pidFile: join(dir, 'daemon.pid'),
    log: join(dir, 'daemon.log'),
    config: join(dir, 'config.json'),
    leverUses: join(dir, 'lever-uses.jsonl'),
    series: join(dir, 'host.series'),
    outsideLog: join(dir, 'host.outside'),
    tasks: join(dir, 'tasks'),
    lostTasks: join(dir, 'tasks.lost'),
    logoutWarned: join(dir, 'logout-warned'),
    dashboard: join(dir, 'dashboard.json'),
    dashboardPage: join(dir, 'dashboard.html'),
    identity: join(dir, 'babysit.id'),
  };
}

/** The one name of a path. The part that does not exist is resolved as text. */
export function realPath(path: string): string {
  try {
    // The JavaScript version resolves `..` as text, even after a link.
    return realpathSync.native(path);
  } catch {
    const plain = resolve(path);
    if (plain !== path) return realPath(plain);
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

function fitsSocket(dir: string): boolean {
  return Buffer.byteLength(join(dir, OBSERVE_SOCKET)) <= SOCKET_PATH_MAX;
}

function stateHome(env: Env): string {
  if (env.XDG_STATE_HOME && isAbsolute(env.XDG_STATE_HOME)) return env.XDG_STATE_HOME;
  const home = userHome(env);
  if (home === null || !isAbsolute(home)) {
    const fault = home ? `HOME is "${home}", which is not an absolute path` : 'HOME is not set';
    throw new BabysitError('usage', `${fault}, so babysit has no state directory`, {
      hint: 'Set HOME or BABYSIT_HOME to an absolute path.',
    });
  }
  return join(home, '.local', 'state');
}

/** `$HOME`, else the directory of the user in the passwd database, as shells take it for `~`. Null when neither is known. */
export function userHome({ HOME }: Env): string | null {
  if (HOME) return HOME;
  try {
    return userInfo().homedir || null;
  } catch {
    return null;
  }
}
