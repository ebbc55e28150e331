// Reads from /proc what a process does now.
import { readProcFile } from '../proc-files.ts';
import { readStat } from './stat.ts';

export interface ProcessState {
  readonly pid: number;
  /** Program name from the command line, without arguments. */
  readonly name: string;
  /** See `ProcessStat`. */
  readonly state: string;
  /** Kernel function in which it sleeps; null if unknown. */
  readonly wchan: string | null;
}

/** Returns null when the process or /proc does not exist. */
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

/**
 * Not from comm, which is the name of a thread (`MainThread` for every Node program). Returns null for a zombie and a kernel
 * thread.
 */
export function readProgramName(pid: number): string | null {
  const [program = ''] = (readProcFile(pid, 'cmdline') ?? '').split('\0');
  // Some programs write a title there: `nginx: worker process`.
  const name = program.split(' ')[0]?.split('/').at(-1)?.replace(/:$/, '');
  return name ? name : null;
}
