// Changes the niceness of running processes. It is a property of each thread; a thread that starts meanwhile has its parent's.
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Down to 0 only where the user may: elsewhere (no CAP_SYS_NICE) a thread keeps the niceness it has. */
export function renice(pids: readonly number[], nice: number): void {
  for (const pid of pids)
    for (const thread of threadsOf(pid)) {
      try {
        setPriority(thread, nice);
      } catch {
        // It has ended, or the user may not.
      }
    }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
