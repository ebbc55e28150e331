// What a process is doing right now, as far as /proc shows it.
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
