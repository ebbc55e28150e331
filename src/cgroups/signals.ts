// Signals to the processes of a group, and the kill that no fork can slip through where the kernel has no cgroup.kill.

/** Signals each process; one that has gone, or is not ours to signal, is passed over. Returns how many were reached. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): number {
  // This process is never part of a task; a ref that says otherwise is wrong and must not end the daemon.
  return pids.filter((pid) => pid > 1 && pid !== process.pid && signalOne(pid, signal)).length;
}

function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // ESRCH: it ended meanwhile. EPERM: it became another user's (setuid); cgroup.kill would reach it, we cannot.
    return false;
  }
}

export interface Freezable {
  pids(): number[];
  freeze(): void;
  /** Whether the kernel has stopped every process. */
  isFrozen(): boolean;
  thaw(): void;
}

const ROUNDS = 10;
const FREEZE_WAIT_MS = 20;

/**
 * Freeze, SIGKILL everything seen, thaw; again while processes appear that had not been seen, which happens when one
 * entered, or forked before the freezer caught it. Bounded: at worst it blocks for ROUNDS * FREEZE_WAIT_MS.
 */
export function killFrozen(group: Freezable): void {
  const signalled = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    group.freeze();
    waitFrozen(group);
    const fresh = group.pids().filter((pid) => !signalled.has(pid));
    signalAll(fresh, 'SIGKILL');
    for (const pid of fresh) signalled.add(pid);
    // A frozen process of v1 dies only once it is thawed; it does not get to run before that.
    group.thaw();
    if (fresh.length === 0) return;
  }
}

function waitFrozen(group: Freezable): void {
  for (let waitedMs = 0; waitedMs < FREEZE_WAIT_MS && !group.isFrozen(); waitedMs += 1) sleepMs(1);
}

const never = new Int32Array(new SharedArrayBuffer(4));
function sleepMs(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
