// Stops the daemon and waits until its process has ended.
import { setTimeout as delay } from 'node:timers/promises';
import { BabysitError } from '../../src/core/errors.ts';
import { isPidAlive } from '../../src/procfs/process-identity.ts';
import { uptimeMs } from '../client/http.ts';
import { call, type Session } from '../client/session.ts';
import { ping } from './start.ts';

const STOP_DEADLINE_MS = 20_000;
/** Time for the kill ladder of many tasks: grace time, SIGKILL, check of the groups. */
const KILL_TASKS_DEADLINE_MS = 90_000;
const POLL_MS = 10;

/** Returns the pid of the stopped daemon, or null without a daemon. Throws BabysitError. */
export async function stopDaemon(session: Session, killTasks: boolean): Promise<number | null> {
  const running = await ping(session.home);
  if (running === null) return null;
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
  while (isPidAlive(running.pid)) {
    if (uptimeMs() > deadline)
      throw new BabysitError(
        'daemon_unreachable',
        `the daemon (pid ${running.pid}) did not stop within ${deadlineMs / 1000} s`,
        {
          pid: running.pid,
          hint: `See ${session.home.log}. kill -9 ${running.pid} ends the daemon; tasks keep running.`,
        },
      );
    await delay(POLL_MS);
  }
  return running.pid;
}
