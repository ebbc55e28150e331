// Changes oom_score_adj of running processes. A new process inherits the value of its parent.
import { writeFileSync } from 'node:fs';

/** Skips a process that has ended, and one that this user may not change. */
export function writeOomScoreAdj(pids: readonly number[], value: number): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, String(value));
    } catch {
      // ENOENT, ESRCH, or EACCES: below the lowest value that a privileged process has set.
    }
  }
}
