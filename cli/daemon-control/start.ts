// Starts the daemon, detached from the terminal and the caller's session, and waits until it answers.
import { accessSync, closeSync, constants, statfsSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { PingView } from '../../src/api/schemas/daemon.ts';
import type { Home } from '../../src/config/home.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { openRegular } from '../../src/files/regular-file.ts';
import { readRlimits } from '../../src/procfs/process/inherited.ts';
import { otherOwner, SocketError, send, uptimeMs } from '../client/http.ts';
import { sandboxHint } from '../client/sandbox.ts';
import { makeDirectories } from '../make-directories.ts';
import { daemonEnv } from './env.ts';
import { type Launch, launchDetached } from './launch.ts';
import { lockHolder } from './lock-holder.ts';
import { logEnd, logTail } from './log.ts';
import { lowLimit } from './low-limit.ts';
import { launchUnderSystemd } from './systemd.ts';

/** One that ends is noticed at once. It takes 0.6 s of CPU time to start, of which a busy virtual machine may give it a hundredth. */
const START_DEADLINE_MS = 180_000;
const POLL_MS = 10;
const RELAUNCH_MS = 200;
/** A signal that kills a starting daemon does not predict the next start, so these starts are repeated. */
const SIGNAL_TRIES = 10;
/** After this many failures of the service the daemon is started directly, which reports the reason. */
const SERVICE_TRIES = 2;
const PING_MS = 2_000;

/** Returns null when no daemon answers. */
export async function ping(home: Home): Promise<PingView | null> {
  const answer = await pingWithin(home, PING_MS);
  return typeof answer === 'string' ? null : answer;
}

/** Throws BabysitError for a daemon of another user. `absent`: no daemon answers. `silent`: one has the socket and does not answer in this time. */
export async function pingWithin(home: Home, timeoutMs: number): Promise<PingView | 'absent' | 'silent'> {
  try {
    const answer = await send(home.socket, { method: 'GET', path: '/v1/ping', timeoutMs });
    return answer.status === 200 ? (JSON.parse(answer.text) as PingView) : 'absent';
  } catch (error) {
    if (error instanceof SocketError && error.fault === 'foreign') throw foreign(home, error.message);
    const isSilent = error instanceof SocketError && (error.fault === 'silent' || error.fault === 'busy');
    return isSilent ? 'silent' : 'absent';
  }
}

/** Resolves when a daemon answers, started here or by another process. `flags`: see launch.ts. Throws BabysitError. */
export async function startDaemonProcess(
  home: Home,
  callerEnv: NodeJS.ProcessEnv,
  flags: readonly string[] = [],
): Promise<PingView> {
  // The daemon inherits it. That of the caller may forbid this user to use its own files.
  process.umask(0o077);
  prepareHome(home);
  const logStart = logEnd(home.log);
  const env = daemonEnv(callerEnv, home);
  const begin = async (): Promise<Launch> =>
    (await launchUnderSystemd(home, env, flags)) ?? launchDetached(home, env, flags);
  let launch = await begin();
  let serviceFailures = 0;
  let signaled = 0;
  let patience = PING_MS;
  const deadline = uptimeMs() + START_DEADLINE_MS;
  for (;;) {
    const answer = await pingWithin(home, patience);
    const running = typeof answer === 'string' ? null : answer;
    // An answer that was not waited for costs a busy daemon as much as one that was.
    if (answer === 'silent') patience *= 2;
    const ended = await launch.ended();
    // When another daemon answers, ours ends as soon as it finds the lock. Wait for that: otherwise ours could
    // replace the other one after a user has stopped it.
    const settled = launch.pid === null || launch.pid === running?.pid || ended !== null;
    const isLate = uptimeMs() > deadline;
    // On a slow host the own daemon may need longer than the deadline to find the lock.
    if (running !== null && (settled || isLate)) return running;
    if (isLate) throw late(home, logStart);
    if (ended === null) await delay(POLL_MS);
    else {
      const isSignal = typeof ended === 'string' && ended.startsWith('SIG');
      if (isSignal) signaled++;
      if (launch.kind === 'direct' && ended !== 0 && !(isSignal && signaled < SIGNAL_TRIES))
        throw atLowLimit(home) ?? notStarted(home, logStart, `it ended at once (${ended})`);
      await delay(RELAUNCH_MS);
      // Another daemon holds the lock: it answers soon, or it ends. Each further start would delay it.
      if (answer === 'silent' || lockHolder(home) !== null) continue;
      if (launch.kind === 'systemd') serviceFailures++;
      if ((await pingWithin(home, PING_MS)) === 'absent')
        launch = serviceFailures < SERVICE_TRIES ? await begin() : launchDetached(home, env, flags);
    }
  }
}

function foreign(home: Home, message: string): BabysitError {
  return new BabysitError('daemon_unreachable', message, {
    reason: 'foreign',
    hint: sandboxHint(home.socket, 'foreign', {}),
  });
}

function prepareHome(home: Home): void {
  const owner = otherOwner(home.dir);
  if (owner !== null) throw foreign(home, `${home.dir} belongs to the user with id ${owner}`);
  try {
    makeDirectories(home.dir, 0o700);
    if (!statSync(home.dir).isDirectory()) throw new Error('it is not a directory');
    accessSync(home.dir, constants.W_OK);
  } catch (error) {
    throw new BabysitError(
      'daemon_unreachable',
      `cannot use the state directory ${home.dir}: ${(error as Error).message}`,
      {
        hint: 'Inside a sandbox, run babysit daemon-start outside of it. Otherwise set BABYSIT_HOME to a directory that you may write to.',
      },
    );
  }
  try {
    closeSync(openRegular(home.log, 'append'));
  } catch (error) {
    throw new BabysitError(
      'daemon_unreachable',
      `cannot write to the log of the daemon: ${(error as Error).message}`,
      {
        reason: 'not_started',
        hint: `Move ${home.log} away.`,
      },
    );
  }
}

function late(home: Home, logStart: number): BabysitError {
  const why = `did not answer within ${START_DEADLINE_MS / 1000} s`;
  const pid = lockHolder(home);
  if (pid === null) return notStarted(home, logStart, `it ${why}`);
  return new BabysitError('daemon_unreachable', `the daemon (pid ${pid}) ${why}`, {
    reason: 'silent',
    pid,
    log_path: home.log,
    hint: 'On a slow host, run the same command again. Otherwise babysit daemon-stop ends a daemon that hangs; its tasks keep running.',
  });
}

/** The error in the log does not name the limit. */
function atLowLimit(home: Home): BabysitError | null {
  const low = lowLimit(readRlimits(), process.getuid?.() === 0, process.ppid);
  if (low === null) return null;
  const extra = { reason: 'not_started', log_path: home.log, hint: low.hint };
  return new BabysitError('daemon_unreachable', `the daemon did not start: ${low.why}`, extra);
}

function notStarted(home: Home, logStart: number, why: string): BabysitError {
  const lines = logTail(home.log, logStart);
  const log = lines.length > 0 ? `; last lines of its log: ${lines.join(' | ')}` : '';
  // On a full disk the daemon could not write its log either.
  const hint = isFull(home.dir)
    ? `Free space on the disk of ${home.dir}: it is full.`
    : `Fix the reported problem, or see ${home.log}.`;
  return new BabysitError('daemon_unreachable', `the daemon did not start: ${why}${log}`, {
    reason: 'not_started',
    log_path: home.log,
    hint,
  });
}

function isFull(dir: string): boolean {
  return statfsSync(dir).bavail === 0;
}
