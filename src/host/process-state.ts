// What a process is doing right now, as far as /proc tells. Every reader treats a process that has gone as nothing to say.
import { readFileSync } from 'node:fs';

export interface ProcessState {
  readonly pid: number;
  /** Of the program, as it was called; nothing else of its command line. */
  readonly name: string;
  /** The letter of proc(5): R running, S sleeping, D uninterruptible, T stopped, Z zombie. */
  readonly state: string;
  /** The kernel function it sleeps in; null: not told. */
  readonly wchan: string | null;
}

/** Null: there is no such process, or no /proc. */
export function readProcessState(pid: number): ProcessState | null {
  const stat = readProc(pid, 'stat');
  if (stat === null) return null;
  // The kernel's name is in parentheses and may hold anything, also parentheses and spaces.
  const nameEnd = stat.lastIndexOf(')');
  const wchan = readProc(pid, 'wchan');
  return {
    pid,
    name: readProgramName(pid) ?? stat.slice(stat.indexOf('(') + 1, nameEnd),
    state: stat.slice(nameEnd + 2, nameEnd + 3),
    wchan: wchan === null || wchan === '' || wchan === '0' ? null : wchan,
  };
}

/** The kernel's own name is that of a thread (`MainThread` for every Node program). Null: a zombie, or a thread of the kernel. */
export function readProgramName(pid: number): string | null {
  const [program = ''] = (readProc(pid, 'cmdline') ?? '').split('\0');
  // Some write a title there: `nginx: worker process`.
  const name = program.split(' ')[0]?.split('/').at(-1)?.replace(/:$/, '');
  return name ? name : null;
}

export function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}
