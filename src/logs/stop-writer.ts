// Stops the supervisor of an attempt for a moment, so that nobody appends to the log.
import { setTimeout as delay } from 'node:timers/promises';
import { isGroupStopped, signalGroup } from '../procfs/process-group.ts';
import { isAlive, type ProcessIdentity } from '../procfs/process-identity.ts';
import type { LogWriter } from './rotate.ts';

const DEADLINE_MS = 1000;
const LOOK_AGAIN_MS = 2;

/**
 * `supervisor` is the writer of the log, as its claim names it: its process group are the supervisor's own processes and
 * nobody else. A stopped process is stopped for sure only once the kernel says so.
 */
export function supervisorWriter(supervisor: ProcessIdentity): LogWriter {
  const { groupId } = supervisor;
  return {
    async stop() {
      // Who has gone appends nothing any more.
      if (!isAlive(supervisor)) return true;
      if (groupId === null || !signalGroup(groupId, 'SIGSTOP')) return !isAlive(supervisor);
      // A stopped process forks no more, and a fork does not get past a signal: what is seen now is all there is.
      const end = performance.now() + DEADLINE_MS;
      while (!isGroupStopped(groupId)) {
        if (performance.now() > end) return false;
        await delay(LOOK_AGAIN_MS);
      }
      return true;
    },
    resume() {
      if (groupId !== null && isAlive(supervisor)) signalGroup(groupId, 'SIGCONT');
    },
  };
}
