// Finds what the processes of a silent task wait for. Runs once per warning, so it may be expensive.
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { readProcFile } from '../proc-files.ts';
import { type ProcessState, readProcessState } from './process-state.ts';

export interface WaitingProcess extends ProcessState {
  /** It is in read(2) on a terminal, or on a stdin that no process of the task writes to. Null otherwise, or if unknown. */
  readonly awaits: 'terminal' | 'pipe' | 'socket' | null;
}

/** Only so many processes of a task are examined. */
const MAX_PROCESSES = 64;

/** `pids`: all processes of the task. Returns an empty list except on Linux. */
export function readWaitingProcesses(pids: readonly number[]): WaitingProcess[] {
  return pids.slice(0, MAX_PROCESSES).flatMap((pid) => {
    const process = readProcessState(pid);
    return process === null ? [] : [{ ...process, awaits: awaitedBy(process, pids) }];
  });
}

function awaitedBy({ pid, wchan, state }: ProcessState, pids: readonly number[]): WaitingProcess['awaits'] {
  if (state !== 'S') return null;
  const fd = readingFrom(pid) ?? (isReadWchan(wchan) ? 0 : null);
  const target = fd === null ? null : targetOf(pid, fd);
  if (target === null) return null;
  if (/^\/dev\/(tty|pts\/|console)/.test(target)) return 'terminal';
  if (fd !== 0) return null;
  if (target.startsWith('socket:')) return 'socket';
  const isPipe = target.startsWith('pipe:') || isFifo(pid, fd);
  return isPipe && !pids.slice(0, MAX_PROCESSES).some((other) => writesTo(other, target)) ? 'pipe' : null;
}

/** A named pipe, as babysit send writes to. Its path may be closed to the daemon, or belong to another mount namespace. */
function isFifo(pid: number, fd: number): boolean {
  try {
    return statSync(`/proc/${pid}/fd/${fd}`).isFIFO();
  } catch {
    return false;
  }
}

/** System call numbers of read and readv. */
const READ_CALLS: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>> = {
  x64: ['0', '19'],
  arm64: ['63', '65'],
};

/** File descriptor of the current read(2). Source: /proc/<pid>/syscall, proc(5): number and arguments in hex. */
function readingFrom(pid: number): number | null {
  const [call, descriptor] = (readProcFile(pid, 'syscall') ?? '').split(' ');
  const isRead = call !== undefined && READ_CALLS[process.arch]?.includes(call);
  return isRead && descriptor !== undefined ? Number.parseInt(descriptor, 16) : null;
}

/** Used where Yama or hidepid hide the system call. */
function isReadWchan(wchan: string | null): boolean {
  return wchan !== null && /^(anon_pipe_read|pipe_read|pipe_wait|n_tty_read|tty_read)$/.test(wchan);
}

function targetOf(pid: number, fd: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return null;
  }
}

/** True if the process has the write end of the pipe: the reader then waits for the task itself, not for input. */
function writesTo(pid: number, pipe: string): boolean {
  return descriptorsOf(pid).some((fd) => {
    if (targetOf(pid, fd) !== pipe) return false;
    const flags = /^flags:\s+(\d+)/m.exec(readProcFile(pid, `fdinfo/${fd}`) ?? '')?.[1];
    // Octal; the mask is O_ACCMODE, 0 is O_RDONLY.
    return flags !== undefined && (Number.parseInt(flags, 8) & 0o3) !== 0;
  });
}

function descriptorsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(Number);
  } catch {
    return [];
  }
}
