// Counts the OOM kills of the whole host.
import { readKernelFile } from './proc-files.ts';

/** oom_kill in /proc/vmstat, Linux 4.13: every kill by the OOM killer, for a group or for the host. Null: not counted. */
export function readHostOomKills(): number | null {
  const count = /^oom_kill (\d+)$/m.exec(readKernelFile('/proc/vmstat') ?? '')?.[1];
  return count === undefined ? null : Number(count);
}
