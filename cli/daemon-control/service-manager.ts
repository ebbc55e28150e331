// The service manager of this host: where its files are, and how it is told.
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

export interface ServiceManager {
  readonly kind: 'systemd' | 'launchd';
  readonly file: ServiceFile;
  enable(): void;
  disable(): void;
  isEnabled(): boolean;
  /** Null: the daemon starts with the host; else what is missing for that. */
  lingerHint(): string | null;
}

/** Throws BabysitError usage where there is none that babysit knows. */
export function findServiceManager(home: Home, env: NodeJS.ProcessEnv): ServiceManager {
  const program: Program = {
    node: process.execPath,
    cli: join(import.meta.dirname, 'cli.cjs'),
    daemonArgs: daemonArgs(),
  };
  if (process.platform === 'darwin') return launchd(home, program, env);
  const environment = { ...env } as Record<string, string>;
  const manager = reachManager(environment);
  if (manager === null)
    throw new BabysitError(
      'usage',
      'there is no service manager to install into (no systemd of yours is running)',
      {
        hint: 'Start the daemon from the boot script of this host with babysit daemon-start; any command starts it too.',
      },
    );
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
  const systemctl = (...args: string[]): string =>
    tell('systemctl', [...managerFlags(manager), ...args], env);
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
    isEnabled: () => asks(() => systemctl('is-enabled', '--quiet', file.name)),
    lingerHint() {
      if (outlivesLogin()) return null;
      return 'The service starts when you log in and ends with your last session: loginctl enable-linger makes it start with the host.';
    },
  };
}

function launchd(home: Home, program: Program, env: NodeJS.ProcessEnv): ServiceManager {
  const file = launchdPlist(join(homedir(), 'Library', 'LaunchAgents'), home, program);
  const domain = `gui/${process.getuid?.()}`;
  return {
    kind: 'launchd',
    file,
    enable: () => void tell('launchctl', ['bootstrap', domain, file.path], env),
    disable: () => void tell('launchctl', ['bootout', `${domain}/${file.name}`], env),
    isEnabled: () => asks(() => tell('launchctl', ['print', `${domain}/${file.name}`], env)),
    lingerHint: () => null,
  };
}

function asks(question: () => void): boolean {
  try {
    question();
    return true;
  } catch {
    return false;
  }
}

/** Throws BabysitError with what the program said. */
function tell(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  try {
    return execFileSync(program, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new BabysitError('internal', `${program} ${args.join(' ')}: ${stderr?.trim() || message}`, {
      hint: 'Mend what the service manager says and try again.',
    });
  }
}
