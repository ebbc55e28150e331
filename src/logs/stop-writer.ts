// Stops the supervisor of an attempt for a moment, so that no process appends to the log.
import { setTimeout as delay } from 'node:timers/promises';
import { hasSurvivors, isGroupStopped, signalGroup } from '../procfs/process/process-group.ts';
import { isAlive, type ProcessIdentity } from '../procfs/process/process-identity.ts';
import type { LogWriter } from './rotate.ts';

const DEADLINE_MS = 1000;
const POLL_MS = 2;

/**
 * `supervisor` is the process from the claim. Its process group holds only the supervisor's own processes. SIGSTOP takes
 * effect with a delay: `stop` waits until the kernel reports each process as stopped.
 */
export function supervisorWriter(supervisor: ProcessIdentity): LogWriter {
  const { groupId } = supervisor;
  // The process that writes outlives a supervisor that was killed.
  const isGone = () => !isAlive(supervisor) && !hasSurvivors(supervisor);
  return {
    async stop() {
      if (isGone()) return true;
      if (groupId === null || !signalGroup(groupId, 'SIGSTOP')) return isGone();
      // A stopped process cannot fork, and a pending signal interrupts fork: the group does not grow.
      const end = performance.now() + DEADLINE_MS;
      while (!isGroupStopped(groupId)) {
        if (performance.now() > end) return false;
        await delay(POLL_MS);
      }
      return true;
    },
    resume() {
      if (groupId !== null && !isGone()) signalGroup(groupId, 'SIGCONT');
    },
  };
}
