// The place of an attempt that began in a job: its processes by files on the shared directory, its end by Slurm.
import { closeSync, existsSync, writeSync } from 'node:fs';
import type { Group, GroupUsage } from '../../cgroups/port.ts';
import type { Attempt, GroupRef } from '../../core/task.ts';
import { openRegular } from '../../files/regular-file.ts';
import type { KnownRecords, Loss, Place, Supervision } from '../port.ts';
import { lookAgain } from './look-again.ts';
import { readUse } from './usage-file.ts';

/** What the engine knows of the job. */
export interface JobFacts {
  /** The job is over, and its last records have had time to arrive. */
  isOver(): boolean;
  loss(): Loss | 'unknown' | null;
  /** The agent of the job writes nothing: Slurm may know why. */
  silent(): void;
  /** Ends every process of the job, the supervisor too. */
  destroy(): void;
  /** Pauses the job; `otherwise` stops the command by signals, where Slurm must not or does not. */
  suspend(otherwise: () => void): void;
  /** Does nothing for a job that Slurm has not suspended. */
  resume(): void;
}

/** The agent writes every second; a network file system may delay a change by some seconds. */
const SILENT_MS = 10_000;

/** `dir`: of the attempt's records. */
export function jobPlace(dir: string, attempt: Attempt, facts: JobFacts): Place {
  const supervision = new JobSupervision(dir, facts);
  return { group: jobGroup(dir, attempt.group, supervision, facts), supervision };
}

class JobSupervision implements Supervision {
  readonly reportsChanges = false;
  readonly logWriter = null;
  readonly #dir: string;
  readonly #facts: JobFacts;

  constructor(dir: string, facts: JobFacts) {
    this.#dir = dir;
    this.#facts = facts;
  }

  /** Called with each reading of the records, which the next one must not take from the cache of a network file system. */
  know(_known: KnownRecords): void {
    lookAgain(this.#dir);
  }

  isSupervisorGone(): boolean {
    return this.#facts.isOver();
  }

  /** Its supervisor writes `closed` right after the end: until then it counts as alive. */
  isMainAlive(): boolean {
    return !this.#facts.isOver();
  }

  mainAgeMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  loss(): Loss | 'unknown' | null {
    return this.#facts.loss();
  }

  hold(): void {}
  continueSupervisor(): void {}

  signalStuck(signal: 'SIGCONT' | 'SIGKILL'): void {
    if (signal === 'SIGKILL') this.#facts.destroy();
  }

  wakeSupervisor(): void {}
  close(): void {}
}

/** No cgroup of this host: Slurm enforces the limits, and the agent of the job measures and signals. */
function jobGroup(dir: string, ref: GroupRef, supervision: Supervision, facts: JobFacts): Group {
  let last: GroupUsage = NOTHING;
  const send = (signal: string): number => {
    try {
      const fd = openRegular(`${dir}.signals`, 'append_own');
      try {
        writeSync(fd, `${signal.replace(/^SIG/, '')}\n`);
      } finally {
        closeSync(fd);
      }
      return 1;
    } catch {
      // The shared directory is full or away, or the task has replaced the file: in the end the ladder has Slurm destroy the job.
      return 0;
    }
  };

  /** The last reading while the agent writes the next one. */
  function usage(): GroupUsage {
    const use = readUse(`${dir}.usage`);
    if (use === null) return last;
    // biome-ignore lint/plugin/no-wall-clock: compared with the time of a file
    if (Date.now() - use.writtenAtMs > SILENT_MS) facts.silent();
    last = {
      ...NOTHING,
      memBytes: use.memBytes,
      memPeakBytes: use.peakMemBytes > 0 ? use.peakMemBytes : null,
      cpuUsec: use.cpuUsec,
      pids: use.pids,
      oomKills: use.oomKills,
      // Its cgroup is that of the job.
      isOomAtOwnCap: use.oomKills > 0,
    };
    return last;
  }

  return {
    ref,
    entryFiles: [],
    existsBeforeEntry: true,
    preparation: null,
    counterFiles: [],
    attach() {},
    setLimits() {},
    allowKernelMemory() {},
    usage,
    usageFrom: () => null,
    // Slurm ends every process of a job whose script has ended.
    populated: () => false,
    // Not processes of this host.
    pids: () => [],
    signal: send,
    killAll: () => void send('KILL'),
    freeze: () => facts.suspend(() => void send('STOP')),
    thaw() {
      facts.resume();
      // Without the file nothing was stopped.
      if (existsSync(`${dir}.signals`)) send('CONT');
    },
    // The agent of a suspended job cannot signal.
    thawAll: () => facts.resume(),
    remove: () => true,
    watch: () => () => {},
    close: () => supervision.close(),
  };
}

const NOTHING: GroupUsage = {
  memBytes: null,
  memPeakCachedBytes: null,
  memPeakBytes: null,
  cpuUsec: 0,
  ioReadBytes: null,
  ioWriteBytes: null,
  pids: 0,
  oomKills: 0,
  isOomAtOwnCap: false,
  pidsMaxHits: 0,
  strays: [],
};
