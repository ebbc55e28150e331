// What the processes of a silent task are waiting for. Read once per warning, so it may look closely; guesses nothing.
import { readdirSync, readlinkSync } from 'node:fs';
import { readProcFile } from './proc-files.ts';
import { type ProcessState, readProcessState } from './process-state.ts';

export interface WaitingProcess extends ProcessState {
  /** It is in read(2) on a terminal, or on a stdin nobody of the task writes to; null: it is not, or it is not told. */
  readonly awaits: 'terminal' | 'pipe' | 'socket' | null;
}

/** A task with more processes than this is not diagnosed by looking at every one. */
const MAX_PROCESSES = 64;

/** `pids`: all processes of the task. Linux only; elsewhere there is nothing to read. */
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
  const isPipe = target.startsWith('pipe:');
  return isPipe && !pids.slice(0, MAX_PROCESSES).some((other) => writesTo(other, target)) ? 'pipe' : null;
}

/** Numbers of read and readv, by architecture. */
const READ_CALLS: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>> = {
  x64: ['0', '19'],
  arm64: ['63', '65'],
};

/** The descriptor of the read(2) it sleeps in. Source: proc(5), /proc/<pid>/syscall: number and arguments in hex. */
function readingFrom(pid: number): number | null {
  const [call, descriptor] = (readProcFile(pid, 'syscall') ?? '').split(' ');
  const isRead = call !== undefined && READ_CALLS[process.arch]?.includes(call);
  return isRead && descriptor !== undefined ? Number.parseInt(descriptor, 16) : null;
}

/** Where the system call is hidden (Yama, hidepid), the function it sleeps in may tell the same. */
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

/** Whether a process of the task has the writing end of the pipe: then the reader waits for that one, not for people. */
function writesTo(pid: number, pipe: string): boolean {
  return descriptorsOf(pid).some((fd) => {
    if (targetOf(pid, fd) !== pipe) return false;
    const flags = /^flags:\s+(\d+)/m.exec(readProcFile(pid, `fdinfo/${fd}`) ?? '')?.[1];
    // O_ACCMODE, in octal as it is shown; 0 is O_RDONLY.
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
