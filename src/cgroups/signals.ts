// Signals the processes of a group, and kills a group so that no fork escapes, on kernels without cgroup.kill.

/** Signals each process that exists and may be signaled. Returns the number of signaled processes. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): number {
  // The daemon is never part of a task. A wrong group reference must not kill it.
  return pids.filter((pid) => pid > 1 && pid !== process.pid && signalOne(pid, signal)).length;
}

function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // ESRCH: the process ended. EPERM: it changed its user (setuid); only cgroup.kill reaches it.
    return false;
  }
}

export interface Freezable {
  pids(): number[];
  freeze(): void;
  isFrozen(): boolean;
  thaw(): void;
}

const ROUNDS = 10;
const FREEZE_WAIT_MS = 20;

/**
 * Freezes the group, sends SIGKILL to all processes and thaws it. Repeats while new processes appear: one may enter, or
 * fork before it is frozen. Blocks for at most ROUNDS * FREEZE_WAIT_MS.
 */
export function killFrozen(group: Freezable): void {
  const signaled = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    group.freeze();
    waitFrozen(group);
    const fresh = group.pids().filter((pid) => !signaled.has(pid));
    signalAll(fresh, 'SIGKILL');
    for (const pid of fresh) signaled.add(pid);
    // In v1 a frozen process ends only after it is thawed. It does not run before that.
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
