// Stops the daemon and waits until its process has ended. A daemon that hangs is killed. To end the tasks of a daemon that
// has died, it starts the next one.
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BabysitError } from '../../src/core/errors.ts';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { uptimeMs } from '../client/http.ts';
import { call, HANGS_AFTER_MS, type Session } from '../client/session.ts';
import { NO_DISPATCH } from './launch.ts';
import { lockHolder } from './lock-holder.ts';
import { pingWithin, startDaemonProcess } from './start.ts';

const STOP_DEADLINE_MS = 60_000;
const POLL_MS = 10;

export interface StoppedDaemon {
  readonly pid: number;
  /** It did not answer, and was killed. */
  readonly wasHanging: boolean;
  /** The tasks were ended by another daemon, which was started for that. */
  readonly isReplaced: boolean;
}

/** Returns null without a daemon. Throws BabysitError. */
export async function stopDaemon(session: Session, killTasks: boolean): Promise<StoppedDaemon | null> {
  const running = await pingWithin(session.home, HANGS_AFTER_MS);
  if (typeof running !== 'string') return stopRunning(session, running.pid, killTasks);
  const hanging = running === 'silent' ? await killHanging(session) : null;
  if (!killTasks || !hasFiles(session.home.tasks)) return hanging;
  const next = await startDaemonProcess(session.home, session.env, NO_DISPATCH);
  const stopped = await stopRunning(session, next.pid, killTasks);
  return { ...stopped, wasHanging: hanging !== null, isReplaced: true };
}

async function stopRunning(session: Session, pid: number, killTasks: boolean): Promise<StoppedDaemon> {
  try {
    await call({ ...session, autostart: false }, 'POST', '/v1/daemon/stop', { kill_tasks: killTasks });
  } catch (error) {
    // Another client stops it too, or it ended before its answer.
    const gone =
      error instanceof BabysitError &&
      (error.code === 'daemon_stopping' || error.code === 'daemon_unreachable');
    if (!gone) throw error;
  }
  const isAnswering = async () => typeof (await pingWithin(session.home, HANGS_AFTER_MS)) !== 'string';
  // A task may ask for minutes of grace. The daemon answers until the last one has ended.
  do
    if (await hasEnded(pid, uptimeMs() + STOP_DEADLINE_MS))
      return { pid, wasHanging: false, isReplaced: false };
  while (killTasks && (await isAnswering()));
  throw new BabysitError(
    'daemon_unreachable',
    `the daemon (pid ${pid}) did not stop within ${STOP_DEADLINE_MS / 1000} s`,
    {
      pid,
      hint: `See ${session.home.log}. kill -9 ${pid} ends the daemon; tasks keep running.`,
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

async function killHanging({ home }: Session): Promise<StoppedDaemon> {
  const pid = lockHolder(home);
  if (pid === null)
    throw new BabysitError(
      'daemon_unreachable',
      `a daemon in ${home.dir} does not answer, and its process is unknown`,
      {
        reason: 'silent',
        hint: `End the process that has ${home.lock} open. Its tasks keep running.`,
      },
    );
  process.kill(pid, 'SIGKILL');
  if (await hasEnded(pid, uptimeMs() + STOP_DEADLINE_MS)) return { pid, wasHanging: true, isReplaced: false };
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

function hasFiles(dir: string): boolean {
  return existsSync(dir) && readdirSync(dir).length > 0;
}
