// Reads what a process passes on to its children: resource limits and CPUs.
import { RLIMITS, type Rlimit, type Rlimits } from '../../core/inherited.ts';
import { readKernelFile } from '../proc-files.ts';

/** Returns {} without /proc. */
export function readRlimits(pid: number | 'self' = 'self', procRoot = '/proc'): Rlimits {
  return parseRlimits(readKernelFile(`${procRoot}/${pid}/limits`) ?? '');
}

/** A CPU list, such as `0-3,8`. Returns null without /proc. */
export function readCpus(procRoot = '/proc'): string | null {
  const status = readKernelFile(`${procRoot}/self/status`) ?? '';
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? null;
}

export interface Restrictions {
  /** Its programs gain no privileges, as sudo does; see prctl(2). */
  readonly noNewPrivs: boolean;
  /** It gets no transparent huge pages. */
  readonly noHugePages: boolean;
}

/** What only a process without them can start others without. All false without /proc. */
export function readRestrictions(pid: number | 'self' = 'self', procRoot = '/proc'): Restrictions {
  const status = readKernelFile(`${procRoot}/${pid}/status`) ?? '';
  return { noNewPrivs: /^NoNewPrivs:\s*1$/m.test(status), noHugePages: /^THP_enabled:\s*0$/m.test(status) };
}

/** The text of /proc/PID/limits, whose names are those of `prlimit --output=description`. */
export function parseRlimits(text: string): Rlimits {
  const found: Partial<Record<Rlimit, readonly [string, string]>> = {};
  for (const line of text.split('\n')) {
    const [, what = '', soft = '', hard = ''] =
      /^Max (.+?)\s{2,}(\d+|unlimited)\s+(\d+|unlimited)/.exec(line) ?? [];
    const name = RLIMITS.find((rlimit) => NAMES[rlimit] === what);
    if (name !== undefined) found[name] = [soft, hard];
  }
  return found;
}

const NAMES: Readonly<Record<Rlimit, string>> = {
  cpu: 'cpu time',
  fsize: 'file size',
  data: 'data size',
  stack: 'stack size',
  core: 'core file size',
  rss: 'resident set',
  nproc: 'processes',
  nofile: 'open files',
  memlock: 'locked memory',
  as: 'address space',
  locks: 'file locks',
  sigpending: 'pending signals',
  msgqueue: 'msgqueue size',
  nice: 'nice priority',
  rtprio: 'realtime priority',
  rttime: 'realtime timeout',
};
