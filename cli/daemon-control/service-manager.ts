// Controls the service through systemd or launchd.
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Home } from '../../src/config/home.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { type Manager, managerFlags, outlivesLogin } from '../../src/systemd/manager.ts';
import { daemonArgs } from './launch.ts';
import {
  launchdPlist,
  type Program,
  type ServiceFile,
  systemdUnit,
  unitDir,
  unitFileName,
} from './service-unit.ts';
import { reachManager } from './systemd.ts';

/** Longer than the start of a daemon may take: systemctl waits for it. */
const ANSWER_MS = 200_000;

export interface ServiceManager {
  readonly kind: 'systemd' | 'launchd';
  readonly file: ServiceFile;
  enable(): void;
  disable(): void;
  isEnabled(): boolean;
  /** Null when the service starts at boot, else the missing step. */
  lingerHint(): string | null;
}

/** Throws BabysitError usage without a supported service manager. */
export function findServiceManager(home: Home, env: NodeJS.ProcessEnv): ServiceManager {
  const program: Program = {
    node: process.execPath,
    cli: join(import.meta.dirname, 'cli.cjs'),
    daemonArgs: daemonArgs([]),
  };
  if (process.platform === 'darwin') return launchd(home, program, env);
  const environment = { ...env } as Record<string, string>;
  const manager = reachManager(environment);
  if (manager === null)
    throw new BabysitError('usage', 'no service manager found: no systemd runs for this user', {
      hint: 'Call babysit daemon-start from a boot script of this host. Other commands start the daemon when needed.',
    });
  return systemd(home, program, manager, environment);
}

function systemd(
  home: Home,
  program: Program,
  manager: Manager,
  env: Record<string, string>,
): ServiceManager {
  const file = systemdUnit(
    unitFileName(home, env),
    unitDir(env, manager),
    home,
    program,
    manager === 'system',
  );
  const systemctl = (...args: string[]): string => run('systemctl', [...managerFlags(manager), ...args], env);
  return {
    kind: 'systemd',
    file,
    enable() {
      systemctl('daemon-reload');
      systemctl('enable', '--quiet', '--now', file.name);
    },
    disable() {
      systemctl('disable', '--quiet', file.name);
    },
    isEnabled: () => succeeds(() => systemctl('is-enabled', '--quiet', file.name)),
    lingerHint() {
      if (outlivesLogin()) return null;
      return 'The service starts at login and ends with your last session. Run loginctl enable-linger to start it at boot.';
    },
  };
}

function launchd(home: Home, program: Program, env: NodeJS.ProcessEnv): ServiceManager {
  const file = launchdPlist(join(homedir(), 'Library', 'LaunchAgents'), home, program);
  const domain = `gui/${process.getuid?.()}`;
  return {
    kind: 'launchd',
    file,
    enable: () => void run('launchctl', ['bootstrap', domain, file.path], env),
    disable: () => void run('launchctl', ['bootout', `${domain}/${file.name}`], env),
    isEnabled: () => succeeds(() => run('launchctl', ['print', `${domain}/${file.name}`], env)),
    lingerHint: () => null,
  };
}

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

/** Throws BabysitError with the stderr of the program. */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  try {
    return execFileSync(program, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: ANSWER_MS,
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new BabysitError('internal', `${program} ${args.join(' ')}: ${stderr?.trim() || message}`, {
      hint: 'Fix the problem that the service manager reports, then run the command again.',
    });
  }
}
