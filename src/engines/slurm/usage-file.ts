// What the processes of a job use: the file that its agent writes every second, see job.sh.
import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegular } from '../../files/regular-file.ts';

export interface JobUse {
  readonly memBytes: number;
  readonly peakMemBytes: number;
  readonly cpuUsec: number;
  readonly pids: number;
  /** Processes that the kernel killed for memory; 0 as well where Slurm makes no cgroups. */
  readonly oomKills: number;
  /** Epoch ms at which the node wrote it, by the clock of the file system. */
  readonly writtenAtMs: number;
}

const MAX_BYTES = 256;
/** Without a time where the node has bash 4. */
const LINE = /^usage (?:\d+\.\d+)? (\d+) (\d+) (\d+) (\d+) (\d+)\n$/;

/** Returns null when the file is missing, was replaced by the task, or is being written. */
export function readUse(path: string): JobUse | null {
  try {
    const fd = openRegular(path, 'read_own');
    try {
      const buffer = Buffer.alloc(MAX_BYTES);
      const length = readSync(fd, buffer, 0, MAX_BYTES, 0);
      return parseUse(buffer.toString('latin1', 0, length), fstatSync(fd).mtimeMs);
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

export function parseUse(text: string, writtenAtMs: number): JobUse | null {
  const found = LINE.exec(text);
  if (found === null) return null;
  const [memBytes = 0, peakMemBytes = 0, cpuUsec = 0, pids = 0, oomKills = 0] = found.slice(1).map(Number);
  return { memBytes, peakMemBytes, cpuUsec, pids, oomKills, writtenAtMs };
}
