// Follows the processes of a task that left its group: by `echo PID >cgroup.procs`, systemd-run --scope, su with PAM.
// Their memory and CPU time count for the task, and its signals reach them. No limit holds for them.
import { readProcFile } from '../../procfs/proc-files.ts';
import { isAlive } from '../../procfs/process/process-identity.ts';
import { readProgramName } from '../../procfs/process/process-state.ts';
import { identityKey, type ProcessInfo, type ProcessTable } from '../../procfs/process/process-table.ts';
import { isExiting, readStat } from '../../procfs/process/stat.ts';
import { accountCpu, cpuUsecOf, type Main, membersOf, NO_CPU } from '../none/members.ts';
import type { Group, GroupUsage } from '../port.ts';
import { stringIn } from '../ref.ts';
import { killFrozen, signalAll } from '../signals.ts';
import { wasIdle } from '../usage.ts';
import { type Outside, outsideOf } from './outside.ts';
import { usageWith } from './usage.ts';

type StrayInfo = ProcessInfo & Outside;

/** All groups of a sampling tick share one scan. */
const SAMPLE_AGE_MS = 200;
const FRESH = -1;
/** The main process is checked at the first samples, then at every fifth. The others take a scan of the host. */
const EARLY_SAMPLES = 3;
/**
 * A process that moves, or asks another one to move it, uses CPU time of its group. So a group without any for `afterSamples`
 * is looked at rarely, for processes that an administrator moves.
 */
const ACTIVE = { mainEvery: 5, scanEvery: 30, scanAgeMs: 10_000 };
const IDLE = { afterSamples: 30, mainEvery: 30, scanEvery: 120, scanAgeMs: 60_000 };

export function follow(group: Group, processes: ProcessTable): Group {
  // Without cgroups, processes are always found by descent.
  if (group.ref.driver === 'none') return group;
  const { ref } = group;
  const name = stringIn(ref, 'name');
  let main: Main | null = null;
  /** The groups of the main process, last seen inside of this one. */
  let insideText = '';
  let strays: readonly StrayInfo[] = [];
  let cpu = NO_CPU;
  /** CPU time that the strays had used, and the group had counted, before they left. */
  let countedUsec = 0;
  let samples = 0;
  let idleSamples = 0;
  let lastUsec = Number.NaN;

  function look(maxAgeMs: number): readonly StrayInfo[] {
    const known = new Set(strays.map(identityKey));
    const members = membersOf(processes.scan(maxAgeMs), { name, main, known });
    const found = members.flatMap((member): StrayInfo[] => {
      const outside = member.pid === process.pid ? null : outsideIfLeft(member);
      const now = outside === null ? null : processes.latest(member, FRESH);
      return now === null || outside === null ? [] : [{ ...now, ...outside }];
    });
    const pids = new Set([...strays, ...found].map(({ pid }) => pid));
    for (const stray of found)
      if (stray.cpu && !known.has(identityKey(stray)) && !pids.has(stray.ppid)) countedUsec += stray.cpuUsec;
    strays = found;
    cpu = accountCpu(
      cpu,
      found.filter((stray) => stray.cpu),
    );
    return strays;
  }

  /** The kernel shows a process that exits in the root group (v1), long before it is a zombie. Check after the read. */
  function outsideIfLeft({ pid, startTicks }: Main): Outside | null {
    const outside = outsideOf(readProcFile(pid, 'cgroup') ?? '', ref);
    const stat = outside === null ? null : readStat(pid);
    return stat !== null && stat.startTicks === startTicks && !isExiting(stat) ? outside : null;
  }

  function hasMainLeft(): boolean {
    if (main === null) return false;
    const text = readProcFile(main.pid, 'cgroup') ?? '';
    if (text === insideText) return false;
    if (outsideOf(text, ref) !== null) return outsideIfLeft(main) !== null;
    insideText = text;
    return false;
  }

  /** `cpuUsec`: the CPU time that the group has used. */
  function lookIfDue(cpuUsec: number): void {
    samples += 1;
    idleSamples = wasIdle(lastUsec, cpuUsec) ? idleSamples + 1 : 0;
    lastUsec = cpuUsec;
    const { mainEvery, scanEvery, scanAgeMs } = idleSamples < IDLE.afterSamples ? ACTIVE : IDLE;
    const isMainDue = samples <= EARLY_SAMPLES || samples % mainEvery === 0;
    if (strays.length > 0 || (isMainDue && hasMainLeft())) look(SAMPLE_AGE_MS);
    else if (samples % scanEvery === 0) look(scanAgeMs);
  }

  /** Outside of every hierarchy of the group. */
  function unreached(maxAgeMs: number): number[] {
    const found = look(maxAgeMs);
    if (found.length === 0) return [];
    const inside = new Set(group.pids());
    return found.map(({ pid }) => pid).filter((pid) => !inside.has(pid));
  }

  function withStrays(usage: GroupUsage | null): GroupUsage | null {
    const cpuUsec = Math.max(0, cpuUsecOf(cpu) - countedUsec);
    if (strays.length === 0 && (cpuUsec === 0 || usage === null)) return usage;
    const inMemory = strays.filter((stray) => stray.mem);
    return usageWith(usage, {
      memBytes: inMemory.reduce((sum, stray) => sum + processes.memBytes(stray), 0),
      cpuUsec,
      strays: strays.map(({ pid, cgroup }) => ({ pid, cgroup, name: readProgramName(pid) ?? '' })),
    });
  }

  return {
    ...group,
    attach(started) {
      main = started;
      group.attach(started);
    },
    usage() {
      const usage = group.usage();
      lookIfDue(usage?.cpuUsec ?? 0);
      return withStrays(usage);
    },
    usageFrom: (copies) => withStrays(group.usageFrom(copies)),
    populated: () => group.populated() || (main !== null && isAlive(main)) || strays.some(isAlive),
    pids(maxAgeMs) {
      const outside = maxAgeMs === Number.POSITIVE_INFINITY ? strays : look(maxAgeMs ?? SAMPLE_AGE_MS);
      return [...new Set([...group.pids(maxAgeMs), ...outside.map(({ pid }) => pid)])];
    },
    signal: (signal) => group.signal(signal) + signalAll(unreached(SAMPLE_AGE_MS), signal),
    killAll() {
      group.killAll();
      if (unreached(SAMPLE_AGE_MS).length === 0) return;
      const pids = () => unreached(FRESH);
      // A stopped process cannot fork.
      killFrozen({ pids, freeze: () => signalAll(pids(), 'SIGSTOP'), isFrozen: () => true, thaw() {} });
    },
    freeze() {
      group.freeze();
      signalAll(unreached(SAMPLE_AGE_MS), 'SIGSTOP');
    },
    thaw() {
      group.thaw();
      if (strays.length > 0) signalAll(unreached(SAMPLE_AGE_MS), 'SIGCONT');
    },
  };
}
