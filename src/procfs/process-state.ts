// What a process is doing right now and has written so far, as far as /proc shows it.
import { readProcFile } from './proc-files.ts';
import { readStat } from './stat.ts';

export interface ProcessState {
  readonly pid: number;
  /** Of the program, as it was called; nothing else of its command line. */
  readonly name: string;
  /** The letter of proc(5): R running, S sleeping, D uninterruptible, T stopped, Z zombie. */
  readonly state: string;
  /** The kernel function it sleeps in; null when it is unknown. */
  readonly wchan: string | null;
}

/** Null when there is no such process, or no /proc. */
export function readProcessState(pid: number): ProcessState | null {
  const stat = readStat(pid);
  if (stat === null) return null;
  const wchan = readProcFile(pid, 'wchan');
  return {
    pid,
    name: readProgramName(pid) ?? stat.name,
    state: stat.state,
    wchan: wchan === null || wchan === '' || wchan === '0' ? null : wchan,
  };
}

/** The kernel's own name is that of a thread (`MainThread` for every Node program). Null for a zombie and a thread of the kernel. */
export function readProgramName(pid: number): string | null {
  const [program = ''] = (readProcFile(pid, 'cmdline') ?? '').split('\0');
  // Some write a title there: `nginx: worker process`.
  const name = program.split(' ')[0]?.split('/').at(-1)?.replace(/:$/, '');
  return name ? name : null;
}

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
