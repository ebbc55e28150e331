// Bytes that processes have written, where no io controller counts them for their group.
import { readProcFile } from './proc-files.ts';

/**
 * Bytes the processes, and the children they waited for, have sent towards storage. Null when it is unknown of all of them.
 * Source: proc(5), /proc/<pid>/io, write_bytes. Counted when a page is made dirty, so it names the writer also where cgroup v1
 * charges the write to the kernel's flusher.
 */
export function readWrittenBytes(pids: readonly number[]): number | null {
  let sum: number | null = null;
  for (const pid of pids) {
    const bytes = /^write_bytes: (\d+)$/m.exec(readProcFile(pid, 'io') ?? '')?.[1];
    if (bytes !== undefined) sum = (sum ?? 0) + Number(bytes);
  }
  return sum;
}
