// Changes the niceness of running processes. Each thread has its own niceness; a new thread inherits its parent's.
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Lowering the niceness needs CAP_SYS_NICE: without it the threads stay unchanged. */
export function renice(pids: readonly number[], nice: number): void {
  for (const pid of pids)
    for (const thread of threadsOf(pid)) {
      try {
        setPriority(thread, nice);
      } catch {
        // The thread has ended, or permission is denied.
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
