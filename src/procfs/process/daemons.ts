// Finds the daemons of this user on the host by the lock that each holds open, and relays by their command line.
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { readKernelFile } from '../proc-files.ts';

export interface FoundDaemon {
  readonly pid: number;
  /** Its state directory now, also after a move. */
  readonly dir: string;
  readonly isDeleted: boolean;
}

const DAEMON = /(^|\/)(daemon\.mjs|src\/daemon\/main\.ts)$/;
const RELAY = /(^|\/)(relay\.cjs|src\/relay\/main\.ts)$/;
const LOCK = /^(.*\/daemon\.lock)( \(deleted\))?$/;

/** Without this process. Empty without /proc. */
export function findDaemons(procRoot = '/proc'): FoundDaemon[] {
  return findPrograms(DAEMON, procRoot).flatMap(({ pid }) => lockOf(procRoot, pid));
}

/** The pids of the relays of a state directory. Empty without /proc. */
export function findRelays(home: string): number[] {
  return findPrograms(RELAY, '/proc').flatMap(({ pid, words }) => (words.includes(home) ? [pid] : []));
}

function findPrograms(program: RegExp, procRoot: string): { pid: number; words: readonly string[] }[] {
  const uid = process.getuid?.();
  return numericNames(procRoot).flatMap((name) => {
    const pid = Number(name);
    if (pid === process.pid || uidOf(`${procRoot}/${name}`) !== uid) return [];
    const words = (readKernelFile(`${procRoot}/${name}/cmdline`) ?? '').split('\0');
    return words.some((word) => program.test(word)) ? [{ pid, words }] : [];
  });
}

function lockOf(procRoot: string, pid: number): FoundDaemon[] {
  for (const fd of numericNames(`${procRoot}/${pid}/fd`)) {
    const [, lock, deleted] = LOCK.exec(targetOf(`${procRoot}/${pid}/fd/${fd}`)) ?? [];
    if (lock !== undefined) return [{ pid, dir: dirname(lock), isDeleted: deleted !== undefined }];
  }
  return [];
}

/** The process has this file open. False without /proc. */
export function hasOpen(pid: number, path: string): boolean {
  const wanted = statSync(path, { throwIfNoEntry: false });
  if (wanted === undefined) return false;
  return numericNames(`/proc/${pid}/fd`).some((fd) => {
    try {
      const { dev, ino } = statSync(`/proc/${pid}/fd/${fd}`);
      return dev === wanted.dev && ino === wanted.ino;
    } catch {
      return false;
    }
  });
}

function numericNames(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function uidOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
