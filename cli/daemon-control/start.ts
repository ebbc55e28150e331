// Brings a daemon up, detached from the terminal and the caller's session, and waits until it answers.
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PingView } from '../../src/api/schemas/daemon.ts';
import type { Home } from '../../src/config/home.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { send } from '../client/client.ts';
import { uptimeMs } from '../client/uptime.ts';
import { daemonEnv } from './env.ts';
import { type Launch, launchDetached } from './launch.ts';
import { logEnd, logTail } from './log.ts';
import { launchUnderSystemd } from './systemd.ts';

const START_DEADLINE_MS = 20_000;
const POLL_MS = 10;
const RELAUNCH_MS = 200;
/** A daemon killed by a signal while it starts has said nothing about the next try. */
const SIGNAL_TRIES = 10;
/** A service that ends this often without an answer is given up for a direct start, which can tell why. */
const SERVICE_TRIES = 2;
const PING_MS = 2_000;

/** Null: nobody answers. */
export async function ping(home: Home): Promise<PingView | null> {
  try {
    const answer = await send(home.socket, { method: 'GET', path: '/v1/ping', timeoutMs: PING_MS });
    return answer.status === 200 ? (JSON.parse(answer.text) as PingView) : null;
  } catch {
    return null;
  }
}

/** Resolves once a daemon answers, be it this one or one that somebody else started meanwhile. Throws BabysitError. */
export async function startDaemonProcess(home: Home, callerEnv: NodeJS.ProcessEnv): Promise<PingView> {
  prepareHome(home);
  const logStart = logEnd(home.log);
  const env = daemonEnv(callerEnv, home);
  const begin = async (): Promise<Launch> =>
    (await launchUnderSystemd(home, env)) ?? launchDetached(home, env);
  let launch = await begin();
  let serviceFailures = 0;
  let signalled = 0;
  const deadline = uptimeMs() + START_DEADLINE_MS;
  for (;;) {
    const answer = await ping(home);
    const ended = await launch.ended();
    // Where another daemon answers, ours is about to find that out and end. Until then it could still take the
    // place of the other, long after somebody stopped that one.
    const settled = launch.pid === null || launch.pid === answer?.pid || ended !== null;
    const isLate = uptimeMs() > deadline;
    // Too late to insist: on a host this slow ours may take as long again to find the other.
    if (answer !== null && (settled || isLate)) return answer;
    if (isLate) throw notStarted(home, logStart, `it did not answer within ${START_DEADLINE_MS / 1000} s`);
    if (ended === null) await delay(POLL_MS);
    else {
      const isSignal = typeof ended === 'string' && ended.startsWith('SIG');
      if (isSignal) signalled++;
      if (launch.kind === 'direct' && ended !== 0 && !(isSignal && signalled < SIGNAL_TRIES))
        throw notStarted(home, logStart, `it ended at once (${ended})`);
      // Another held the lock: it is about to answer, or it was about to stop and there is none now.
      await delay(RELAUNCH_MS);
      if (launch.kind === 'systemd') serviceFailures++;
      if ((await ping(home)) === null)
        launch = serviceFailures < SERVICE_TRIES ? await begin() : launchDetached(home, env);
    }
  }
}

function prepareHome(home: Home): void {
  try {
    makeDirectories(home.dir);
    accessSync(home.dir, constants.W_OK);
  } catch (error) {
    throw new BabysitError(
      'daemon_unreachable',
      `the state directory ${home.dir} cannot be used: ${(error as Error).message}`,
      {
        hint: 'In a sandbox: start the daemon outside of it, with babysit daemon-start. Else set BABYSIT_HOME to a directory you may write.',
      },
    );
  }
}

/** Step by step: `recursive` never ends below /proc, where a directory neither exists nor can be made. */
function makeDirectories(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(dir) === dir) throw error;
    makeDirectories(dirname(dir));
    mkdirSync(dir, { mode: 0o700 });
  }
}

function notStarted(home: Home, logStart: number, why: string): BabysitError {
  const lines = logTail(home.log, logStart);
  const said = lines.length > 0 ? `; its last words: ${lines.join(' | ')}` : '';
  // Where its disk is full it has had no room for its words either.
  const hint = isFull(home.dir)
    ? `The disk that holds ${home.dir} is full: free space on it.`
    : `Mend what it says, or look into ${home.log}.`;
  return new BabysitError('daemon_unreachable', `the daemon did not start: ${why}${said}`, {
    reason: 'not_started',
    log_path: home.log,
    hint,
  });
}

function isFull(dir: string): boolean {
  return statfsSync(dir).bavail === 0;
}
