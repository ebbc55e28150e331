// The group of an attempt without cgroups: processes found by process group, descent and marker.
import type { GroupRef } from '../../core/task.ts';
import { identityKey, type ProcessInfo, type ProcessTable } from '../../procfs/process/process-table.ts';
import type { Group, GroupUsage } from '../port.ts';
import { numberIn, stringIn } from '../ref.ts';
import { killFrozen, signalAll } from '../signals.ts';
import { accountCpu, cpuUsecOf, type Main, membersOf, NO_CPU } from './members.ts';

/** All groups of a sampling tick share one scan. */
const SAMPLE_AGE_MS = 200;
const FRESH = -1;

export function groupNone(ref: GroupRef, processes: ProcessTable): Group {
  const name = stringIn(ref, 'name');
  let main = mainIn(ref);
  let known: ReadonlySet<string> = new Set();
  let cpu = NO_CPU;
  let seen = false;
  let removed = false;

  function members(maxAgeMs: number): ProcessInfo[] {
    const found = membersOf(processes.scan(maxAgeMs), { name, main, known }).flatMap((member) =>
      member.pid === process.pid ? [] : (processes.latest(member, maxAgeMs) ?? []),
    );
    // A member stays a member when it leaves the process group or loses its parent.
    known = new Set(found.map(identityKey));
    cpu = accountCpu(cpu, found);
    seen ||= found.length > 0;
    return found;
  }
  const pids = (maxAgeMs = FRESH) => members(maxAgeMs).map((member) => member.pid);

  function usage(): GroupUsage | null {
    const living = members(SAMPLE_AGE_MS);
    if (removed || (main !== null && !seen)) return null;
    return {
      memBytes: living.reduce((sum, member) => sum + processes.memBytes(member), 0),
      memPeakCachedBytes: null,
      memPeakBytes: null,
      cpuUsec: cpuUsecOf(cpu),
      ioReadBytes: null,
      ioWriteBytes: null,
      pids: living.length,
      oomKills: null,
      isOomAtOwnCap: false,
      pidsMaxHits: 0,
      strays: [],
    };
  }

  return {
    get ref(): GroupRef {
      return { driver: 'none', name, pid: main?.pid ?? null, startTicks: main?.startTicks ?? null };
    },
    entryFiles: [],
    existsBeforeEntry: true,
    preparation: null,
    counterFiles: [],
    usageFrom: () => null,
    attach(started) {
      main = started;
    },
    setLimits() {},
    allowKernelMemory() {},
    usage,
    populated: () => members(FRESH).length > 0,
    pids,
    signal: (signal) => signalAll(pids(), signal),
    // A stopped process cannot fork, and SIGKILL ends it anyway.
    killAll: () =>
      killFrozen({ pids, freeze: () => signalAll(pids(), 'SIGSTOP'), isFrozen: () => true, thaw() {} }),
    freeze: () => void signalAll(pids(), 'SIGSTOP'),
    thaw: () => void signalAll(pids(), 'SIGCONT'),
    thawAll: () => void signalAll(pids(), 'SIGCONT'),
    remove() {
      removed ||= members(FRESH).length === 0;
      return removed;
    },
    watch: () => () => {},
    close() {},
  };
}

function mainIn(ref: GroupRef): Main | null {
  const pid = numberIn(ref, 'pid');
  return pid === null ? null : { pid, startTicks: numberIn(ref, 'startTicks') ?? 0 };
}
