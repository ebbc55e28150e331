// Asks the daemon to stop and sees it gone.
import { setTimeout as delay } from 'node:timers/promises';
import { BabysitError } from '../../src/core/errors.ts';
import { isPidAlive } from '../../src/procfs/process-identity.ts';
import { call, type Session } from '../client/session.ts';
import { uptimeMs } from '../client/uptime.ts';
import { ping } from './start.ts';

const STOP_DEADLINE_MS = 20_000;
/** The ladder of many tasks: grace, SIGKILL, and the check that the groups are empty. */
const KILL_TASKS_DEADLINE_MS = 90_000;
const POLL_MS = 10;

/** The pid that was stopped; null when there was no daemon. Throws BabysitError. */
export async function stopDaemon(session: Session, killTasks: boolean): Promise<number | null> {
  const running = await ping(session.home);
  if (running === null) return null;
  const quiet = { ...session, home: session.home, autostart: false };
  try {
    await call(quiet, 'POST', '/v1/daemon/stop', { kill_tasks: killTasks });
  } catch (error) {
    // Somebody else stops it too, or it was gone before it could answer.
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
          hint: `Look into ${session.home.log}; kill -9 ${running.pid} ends it and leaves tasks running.`,
        },
      );
    await delay(POLL_MS);
  }
  return running.pid;
}
