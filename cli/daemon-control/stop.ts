// Stops the daemon and waits until its process has ended. A daemon that hangs is killed.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BabysitError } from '../../src/core/errors.ts';
import { hasOpen } from '../../src/procfs/daemons.ts';
import { isPidAlive } from '../../src/procfs/process-identity.ts';
import { uptimeMs } from '../client/http.ts';
import { call, type Session } from '../client/session.ts';
import { pingWithin } from './start.ts';

const STOP_DEADLINE_MS = 20_000;
/** Time for the kill ladder of many tasks: grace time, SIGKILL, check of the groups. */
const KILL_TASKS_DEADLINE_MS = 90_000;
const POLL_MS = 10;
/** A daemon that does not answer in this time hangs: the longest work of its thread takes a second. */
const HANGS_AFTER_MS = 5_000;

export interface StoppedDaemon {
  readonly pid: number;
  /** It did not answer, and was killed. Its tasks keep running. */
  readonly wasHanging: boolean;
}

/** Returns null without a daemon. Throws BabysitError. */
export async function stopDaemon(session: Session, killTasks: boolean): Promise<StoppedDaemon | null> {
  const running = await pingWithin(session.home, HANGS_AFTER_MS);
  if (running === 'absent') return null;
  if (running === 'silent') return killHanging(session);
  try {
    await call({ ...session, autostart: false }, 'POST', '/v1/daemon/stop', { kill_tasks: killTasks });
  } catch (error) {
    // Another client stops it too, or it ended before its answer.
    const gone =
      error instanceof BabysitError &&
      (error.code === 'daemon_stopping' || error.code === 'daemon_unreachable');
    if (!gone) throw error;
  }
  const deadlineMs = killTasks ? KILL_TASKS_DEADLINE_MS : STOP_DEADLINE_MS;
  const deadline = uptimeMs() + deadlineMs;
  const isGone = await hasEnded(running.pid, deadline);
  if (isGone) return { pid: running.pid, wasHanging: false };
  throw new BabysitError(
    'daemon_unreachable',
    `the daemon (pid ${running.pid}) did not stop within ${deadlineMs / 1000} s`,
    {
      pid: running.pid,
      hint: `See ${session.home.log}. kill -9 ${running.pid} ends the daemon; tasks keep running.`,
    },
  );
}

async function hasEnded(pid: number, deadline: number): Promise<boolean> {
  while (isPidAlive(pid)) {
    if (uptimeMs() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** The pid file may be stale: only a process that has the lock of this directory open is the daemon. */
async function killHanging({ home }: Session): Promise<StoppedDaemon> {
  const pid = Number(readPidFile(home.pidFile));
  if (!(pid > 1 && hasOpen(pid, home.lock)))
    throw new BabysitError(
      'daemon_unreachable',
      `a daemon in ${home.dir} does not answer, and its process is unknown`,
      {
        reason: 'silent',
        hint: `End the process that has ${home.lock} open. Its tasks keep running.`,
      },
    );
  process.kill(pid, 'SIGKILL');
  if (await hasEnded(pid, uptimeMs() + STOP_DEADLINE_MS)) return { pid, wasHanging: true };
  throw new BabysitError(
    'daemon_unreachable',
    `the daemon (pid ${pid}) does not answer, and SIGKILL does not end it`,
    {
      reason: 'silent',
      pid,
      hint: `Run ps -o stat,wchan -p ${pid}: in state D it waits for the kernel, such as for a disk that does not answer.`,
    },
  );
}

function readPidFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
