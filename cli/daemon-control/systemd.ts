// Starts the daemon as a transient systemd service: it gets a delegated cgroup subtree and outlives the login session.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Home } from '../../src/config/home.ts';
import { homeTag } from '../../src/config/home-tag.ts';
import { findManager, type Manager, managerEnv, managerFlags } from '../../src/systemd/manager.ts';
import { uptimeMs } from '../client/http.ts';
import { daemonArgs, type Launch } from './launch.ts';
import { unitFileName } from './service-unit.ts';

const SYSTEMD_RUN_MS = 10_000;
/** Each query of systemd costs a process. */
const ASK_EVERY_MS = 500;

/** Returns null without a manager or when it refuses. The caller then starts the daemon directly. */
export async function launchUnderSystemd(
  home: Home,
  env: Record<string, string>,
  flags: readonly string[],
): Promise<Launch | null> {
  const manager = reachManager(env);
  if (manager === null) return null;
  const unit = unitName(home);
  const args = [...managerFlags(manager), ...serviceArgs(unit, home, env, flags)];
  const refused = await run('systemd-run', args, env);
  return refused === null ? { kind: 'systemd', pid: null, ended: watchUnit(manager, unit, env) } : null;
}

function serviceArgs(
  unit: string,
  home: Home,
  env: Record<string, string>,
  flags: readonly string[],
): string[] {
  const setenv = Object.entries(env).map(([key, value]) => `--setenv=${key}=${value}`);
  const properties = [
    // systemd leaves the subtree of the service to the daemon.
    'Delegate=yes',
    // Stopping the service ends only the daemon; its tasks keep running.
    'KillMode=process',
    'WorkingDirectory=/',
    'UMask=0077',
    `StandardOutput=append:${home.log}`,
    `StandardError=append:${home.log}`,
    // Starts the next daemon after a crash. Has no effect unless babysit service is installed.
    `OnFailure=${unitFileName(home, env)}`,
  ].map((property) => `--property=${property}`);
  return [
    '--quiet',
    '--collect',
    `--unit=${unit}`,
    ...properties,
    ...setenv,
    '--',
    process.execPath,
    ...daemonArgs(flags),
  ];
}

/** The manager to start units with; `env` gets what its clients need. Null when none runs. */
export function reachManager(env: Record<string, string>): Manager | null {
  const { manager, isRunning } = findManager(env);
  if (!isRunning) return null;
  Object.assign(env, managerEnv(manager, env));
  return manager;
}

/** The random part: the unit of the previous daemon may still exist. `systemctl stop 'babysit-*'` stops only tasks. */
function unitName(home: Home): string {
  return `babysitd-${homeTag(home.dir)}-${randomBytes(4).toString('hex')}`;
}

function watchUnit(
  manager: Manager,
  unit: string,
  env: Record<string, string>,
): () => Promise<string | null> {
  let askAt = uptimeMs() + ASK_EVERY_MS;
  return async () => {
    if (uptimeMs() < askAt) return null;
    askAt = uptimeMs() + ASK_EVERY_MS;
    const inactive = await run(
      'systemctl',
      [...managerFlags(manager), 'is-active', '--quiet', `${unit}.service`],
      env,
    );
    return inactive === null ? null : `the service ${unit} is not active`;
  };
}

/** Resolves with null on success, else with the reason. */
function run(program: string, args: string[], env: Record<string, string>): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: SYSTEMD_RUN_MS }, (error, _stdout, stderr) => {
      resolve(error === null ? null : stderr.trim() || error.message);
    });
  });
}
