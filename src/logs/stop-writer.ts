// Stops the supervisor of an attempt for a moment, so that no process appends to the log.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive, type ProcessIdentity } from '../exec/process-identity.ts';
import type { LogWriter } from './rotate.ts';

const DEADLINE_MS = 1000;
const POLL_MS = 2;

/**
 * `supervisor` is the process from the claim. Its process group holds only the supervisor's own processes. SIGSTOP takes
 * effect with a delay: `stop` waits until the kernel reports each process as stopped.
 */
export function supervisorWriter(supervisor: ProcessIdentity): LogWriter {
  const { groupId } = supervisor;
  return {
    async stop() {
      // An ended supervisor appends nothing.
      if (!isAlive(supervisor)) return true;
      if (groupId === null || !signalGroup(groupId, 'SIGSTOP')) return !isAlive(supervisor);
      // A stopped process cannot fork, and a pending signal interrupts fork: the group does not grow.
      const end = performance.now() + DEADLINE_MS;
      while (!(await isStopped(groupId))) {
        if (performance.now() > end) return false;
        await delay(POLL_MS);
      }
      return true;
    },
    resume() {
      if (groupId !== null && isAlive(supervisor)) signalGroup(groupId, 'SIGCONT');
    },
  };
}

/** False: there is no such group. */
function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch {
    return false;
  }
}

/** Every process of the group is stopped (T), or dead and not yet buried (Z, X). */
async function isStopped(groupId: number): Promise<boolean> {
  const states = process.platform === 'linux' ? statesInProc(groupId) : await statesFromPs(groupId);
  return states.every((state) => /^[TZX]/.test(state));
}

function statesInProc(groupId: number): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    // `41 (name) S 1 40 …`: state, parent, group; the name may hold anything.
    const stat = readStat(entry);
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
    return Number(group) === groupId ? [state] : [];
  });
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

async function statesFromPs(groupId: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=', '-o', 'state=']);
  return stdout.split('\n').flatMap((line) => {
    const [group, state = ''] = line.trim().split(/\s+/);
    return Number(group) === groupId ? [state] : [];
  });
}
