// Names the hard limit of the caller that is too low for a daemon: it keeps the hard limits of its starter.
import type { Rlimits } from '../../src/core/inherited.ts';

/** In the unit of setrlimit(2). The kernel does not limit the processes of root. */
const NEEDS = [
  { name: 'nofile', what: 'open files', flag: 'n', least: 64, unit: '', fix: 'nofile=1024', ofRoot: true },
  {
    name: 'fsize',
    what: 'file size',
    flag: 'f',
    least: 2 ** 24,
    unit: ' bytes',
    fix: 'fsize=unlimited',
    ofRoot: true,
  },
  { name: 'nproc', what: 'processes', flag: 'u', least: 20, unit: '', fix: 'nproc=1024', ofRoot: false },
] as const;

export interface LowLimit {
  readonly why: string;
  readonly hint: string;
}

/** `shell`: the process that has the limits, and may get higher ones from root. */
export function lowLimit(rlimits: Rlimits, isRoot: boolean, shell: number): LowLimit | null {
  for (const { name, what, flag, least, unit, fix, ofRoot } of NEEDS) {
    const hard = Number(rlimits[name]?.[1]);
    if ((isRoot && !ofRoot) || !(hard < least)) continue;
    return {
      why: `the hard limit of ${what} is ${hard}${unit} (ulimit -H${flag}), and the daemon needs ${least}${unit}`,
      hint: `Start it from a shell with a higher limit, or raise that of this one as root: prlimit --pid=${shell} --${fix}`,
    };
  }
  return null;
}
