// The faults of the storm besides SIGKILL of the daemon: SIGKILL and SIGSTOP of the processes around a task, and errors
// of system calls that strace(1) injects into the daemon.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readRecords } from '../../src/exec/records.ts';
import { listPids, readProcFile } from '../../src/procfs/proc-files.ts';
import { isAlive } from '../../src/procfs/process/process-identity.ts';
import { readStat } from '../../src/procfs/process/stat.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { Load, Promised } from './load.ts';
import type { Random } from './random.ts';
import { isRunning, type Rig } from './rig.ts';

/** Each returns false when it found no victim. */
type Strike = (rig: Rig, load: Load, random: Random) => Promise<boolean> | boolean;

export const STRIKES: Readonly<Record<string, Strike>> = {
  'SIGKILL spawner': (rig) => signalAll(spawners(rig), 'SIGKILL'),
  'SIGSTOP spawner': async (rig, _load, random) => stopFor(spawners(rig), random.between(50, 1500)),
  'SIGSTOP daemon': async (rig, _load, random) => stopFor(daemons(rig), random.between(50, 1500)),
  'SIGKILL log writer': (rig, load, random) => signalAll(writers(rig, load, random), 'SIGKILL'),
  // The daemon continues it.
  'SIGSTOP log writer': (rig, load, random) => signalAll(writers(rig, load, random), 'SIGSTOP'),
  'SIGSTOP parent': (rig, load, random) => signalAll(parents(rig, load, random).map(pidOf), 'SIGSTOP'),
  'SIGKILL parent': (rig, load, random) => {
    const found = parents(rig, load, random);
    for (const { entry } of found) entry.mayBeLost = true;
    return signalAll(found.map(pidOf), 'SIGKILL');
  },
};

/** System calls of the daemon's hot paths, and what the kernel may answer. */
const ERRORS = [
  ['openat', 'EMFILE'],
  ['openat', 'EIO'],
  ['openat', 'ENOENT'],
  ['read', 'EIO'],
  ['pread64', 'EIO'],
  ['write', 'EIO'],
  ['write', 'ENOSPC'],
  ['pwrite64', 'ENOSPC'],
  ['pwrite64', 'EIO'],
  ['fdatasync', 'EIO'],
  ['fsync', 'EIO'],
  ['fstat', 'EIO'],
  ['statx', 'EACCES'],
  ['mkdir', 'ENOSPC'],
  ['rmdir', 'EBUSY'],
  ['rename', 'EIO'],
  ['unlink', 'EIO'],
  ['getdents64', 'ENOMEM'],
  ['inotify_add_watch', 'ENOSPC'],
  ['symlink', 'EDQUOT'],
  ['statfs', 'EIO'],
  ['kill', 'EPERM'],
] as const;
const INJECTED_MS = 400;
const TRACER_MS = 5000;
/** libuv aborts when the descriptor that wakes its threads fails, which no kernel does. */
const OF_LIBUV = new Set(['read', 'write']);

/** One call in eight fails for a moment. */
export async function injectError(rig: Rig, random: Random): Promise<string | null> {
  const [call, error] = random.pick(ERRORS);
  const [pid] = daemons(rig);
  if (pid === undefined) return null;
  if (OF_LIBUV.has(call)) rig.mayAbort.add(pid);
  const inject = `inject=${call}:error=${error}:when=${random.between(1, 8)}+8`;
  const words = ['-qq', '-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject, '-p', String(pid)];
  const tracer = spawn('strace', words, { stdio: 'ignore' });
  const ended = once(tracer, 'exit');
  // Before it traces, strace tries what the kernel can with a process of its own, which would stay if it were ended then.
  await waitUntil(() => !isRunning(tracer) || tracerOf(pid) === tracer.pid, { what: 'strace to attach' });
  await delay(INJECTED_MS);
  tracer.kill('SIGTERM');
  // strace does not end when its process has aborted: kill it.
  const late = setTimeout(() => tracer.kill('SIGKILL'), TRACER_MS);
  await ended;
  clearTimeout(late);
  return `${call} ${error}`;
}

/** Null when there is no such process. */
function tracerOf(pid: number): number | null {
  const found = /^TracerPid:\t(\d+)$/m.exec(readProcFile(pid, 'status') ?? '');
  return found === null ? null : Number(found[1]);
}

interface Found {
  readonly entry: Promised;
  readonly pid: number;
}

const pidOf = ({ pid }: Found) => pid;

function daemons(rig: Rig): number[] {
  const pid = rig.servingPid();
  return pid === null ? [] : [pid];
}

function spawners(rig: Rig): number[] {
  const [daemon] = daemons(rig);
  return listPids().filter((pid) => {
    const stat = readStat(pid);
    return daemon !== undefined && stat?.ppid === daemon && stat.name === 'bash';
  });
}

/** The parent of one command that runs, or none. */
function parents({ home }: Rig, { promised }: Load, random: Random): Found[] {
  const found = promised.slice(-40).flatMap((entry) =>
    attemptsOf(join(home.tasks, entry.id)).flatMap((dir) => {
      const { supervisor, closedAt } = readRecords(dir);
      // Its pid may be that of another process since.
      return supervisor === null || closedAt !== null || !isAlive(supervisor)
        ? []
        : [{ entry, pid: supervisor.pid }];
    }),
  );
  return found.length === 0 ? [] : [random.pick(found)];
}

function attemptsOf(task: string): string[] {
  try {
    return readdirSync(task).flatMap((name) => (/^\d+$/.test(name) ? [join(task, name)] : []));
  } catch {
    // Removed, or not begun.
    return [];
  }
}

/** The log writer or the copier of a task. */
function writers(rig: Rig, load: Load, random: Random): number[] {
  const [parent] = parents(rig, load, random);
  if (parent === undefined) return [];
  const group = listPids().filter((pid) => pid !== parent.pid && readStat(pid)?.groupId === parent.pid);
  return group.length === 0 ? [] : [random.pick(group)];
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): boolean {
  return pids.map((pid) => send(pid, signal)).includes(true);
}

async function stopFor(pids: readonly number[], ms: number): Promise<boolean> {
  const isMet = signalAll(pids, 'SIGSTOP');
  if (isMet) await delay(ms);
  signalAll(pids, 'SIGCONT');
  return isMet;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
