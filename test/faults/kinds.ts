// The tasks of the workload, and how each must end whatever happens to the daemon.
import type { RunBody } from '../../src/api/schemas/run.ts';
import type { Random } from './random.ts';

export interface Kind {
  readonly name: string;
  /** Follows the line that records the run. */
  readonly script: string;
  readonly flags: Partial<RunBody>;
  readonly end: End;
  /** How often the command begins, besides retries by hand. */
  readonly runs: number;
}

export interface End {
  readonly status: string;
  readonly exitCode: number | null;
  readonly signal?: string;
  readonly killReason?: string;
}

/** Its file gets one line for each time a command begins, and one when it ends by itself. */
export function commandOf(kind: Kind, ran: string): string {
  const note = (word: string) => `echo ${word} "$BABYSIT_TASK_ID" "$BABYSIT_ATTEMPT" >>${ran}`;
  return `${note('begin')}; ${kind.script.replaceAll('RAN', ran).replace('NOTE_END', note('end'))}`;
}

const exit = (code: number): End => ({ status: code === 0 ? 'completed' : 'failed', exitCode: code });

/** Ends at once with any exit code. */
export function short(random: Random): Kind {
  const code = random.chance(0.5) ? 0 : random.between(1, 120);
  return { name: 'short', script: `NOTE_END; exit ${code}`, flags: {}, end: exit(code), runs: 1 };
}

export function long(random: Random): Kind {
  const code = random.between(0, 9);
  const seconds = (random.between(1, 20) / 10).toFixed(1);
  return {
    name: 'long',
    script: `for i in 1 2 3; do echo step $i; sleep ${seconds}; done; NOTE_END; exit ${code}`,
    flags: {},
    end: exit(code),
    runs: 1,
  };
}

/** The main process ends, a child stays in the group for a moment. */
export function daemonising(random: Random): Kind {
  const code = random.between(0, 3);
  const script = `setsid sleep 0.${random.between(1, 9)} >/dev/null 2>&1 & exit ${code}`;
  return { name: 'daemonising', script, flags: {}, end: exit(code), runs: 1 };
}

/** Its log has every line, or the mark. */
export function printer(random: Random): Kind {
  const code = random.between(0, 9);
  const script = `for i in {1..${PRINTED_LINES}}; do echo line $i; sleep 0.0${random.between(1, 4)}; done; NOTE_END; exit ${code}`;
  return { name: 'printer', script, flags: {}, end: exit(code), runs: 1 };
}
export const PRINTED_LINES = 60;

export function signalled(random: Random): Kind {
  const signal = random.pick(['SIGTERM', 'SIGSEGV', 'SIGHUP']);
  return {
    name: 'signalled',
    script: `ulimit -c 0; kill -${signal.slice(3)} $$; sleep 60`,
    flags: {},
    end: { status: 'failed', exitCode: null, signal },
    runs: 1,
  };
}

export function outOfMemory(): Kind {
  return {
    name: 'oom',
    script: 'exec tail /dev/zero',
    // Each one would raise the cap of the next.
    flags: { estimated_mem_bytes: '12M', no_learn: true },
    end: { status: 'killed', exitCode: null, signal: 'SIGKILL', killReason: 'cgroup_oom_killed' },
    runs: 1,
  };
}

/** Fails until its third run. */
export function flaky(random: Random): Kind {
  return {
    name: 'flaky',
    script: 'test "$(grep -c "^begin $BABYSIT_TASK_ID " RAN)" -ge 3',
    flags: { retries: 5, retry_backoff: `${random.between(1, 8) * 50}ms` },
    end: exit(0),
    runs: 3,
  };
}

/** Runs until it is killed; the stubborn one until SIGKILL. */
export function endless(random: Random): Kind {
  const isStubborn = random.chance(0.4);
  return {
    name: isStubborn ? 'stubborn' : 'endless',
    script: isStubborn ? "trap '' TERM; while :; do sleep 0.2; done" : 'exec sleep 3600',
    flags: {},
    end: { status: 'killed', exitCode: null, killReason: 'manual' },
    runs: 1,
  };
}

/** Comes after others: it never begins when one of them fails. */
export function follower(firstFails: boolean): Kind {
  return {
    name: 'follower',
    script: 'NOTE_END; exit 0',
    flags: {},
    end: firstFails ? { status: 'failed', exitCode: null } : exit(0),
    runs: firstFails ? 0 : 1,
  };
}

export const ANY = [
  short,
  short,
  short,
  long,
  long,
  printer,
  printer,
  daemonising,
  signalled,
  outOfMemory,
  flaky,
  flaky,
  endless,
  endless,
];
