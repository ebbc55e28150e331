// One attempt under way, as this daemon holds it: its group, its records, what the watchdog remembers of it.
import { rmSync, watch } from 'node:fs';
import type { Group, GroupUsage } from '../cgroups/driver.ts';
import type { Now } from '../core/clock.ts';
import type { Attempt, TaskId, Usage } from '../core/task.ts';
import { logSize, logTouchedAt } from '../exec/log-file.ts';
import { isAlive } from '../exec/process-identity.ts';
import { type KnownRecords, type Records, readCounters, readRecords } from '../exec/records.ts';
import { LADDER_START, type LadderMemory } from '../watchdog/ladder.ts';
import { newMemory, type Sample, type WatchMemory } from '../watchdog/memory.ts';
import type { AttemptPaths } from './paths.ts';

export class LiveAttempt {
  readonly id: TaskId;
  readonly paths: AttemptPaths;
  readonly group: Group;
  /** Null until the first sample of a started attempt. */
  memory: WatchMemory | null = null;
  ladder: LadderMemory = LADDER_START;
  memBytes = 0;
  /** The next moment a rule of the watchdog falls due by time alone. */
  dueInMs: number | null = null;
  /** The main process ended while others of its tree lived on. */
  hasLeftovers = false;
  isObserved = false;
  readonly #stirred: () => void;
  #known: KnownRecords = { supervisor: null, started: null };
  #samples = 0;
  #isAttached = false;
  #climb: NodeJS.Timeout | null = null;
  readonly #stops: (() => void)[] = [];

  /** `stirred` is called whenever a record, the group or the supervisor may have changed. */
  constructor(id: TaskId, paths: AttemptPaths, group: Group, stirred: () => void) {
    this.id = id;
    this.paths = paths;
    this.group = group;
    this.#stirred = stirred;
  }

  /** Call once the attempt's directory exists. */
  observe(): void {
    this.isObserved = true;
    this.#stops.push(watchDirectory(this.paths.dir, this.#stirred), this.group.watch(this.#stirred));
  }

  /** What the attempt has left so far; once its supervisor has gone, all that it ever will. */
  records(): Records {
    let records = readRecords(this.paths.dir, this.#known);
    this.#known = records;
    if (!this.#isAttached && records.started?.main) {
      this.#isAttached = true;
      this.group.attach({ pid: records.started.main.pid, startTicks: records.started.main.startTicks ?? 0 });
    }
    // It may have written the last of them between the first look and its end.
    if (!records.closed && this.isSupervisorGone())
      records = { ...readRecords(this.paths.dir), closed: true };
    return records;
  }

  /** False also while it is not known yet. */
  isSupervisorGone(): boolean {
    const { supervisor } = this.#known;
    return supervisor !== null && !isAlive(supervisor);
  }

  /**
   * The command has gone and its supervisor has not noticed: somebody stopped the supervisor (`kill -STOP $PPID`),
   * or a process outside the group holds the output open. Wakes it; with `force` ends it.
   */
  nudgeSupervisor(force = false): void {
    const { supervisor, started } = this.#known;
    if (supervisor === null || !isAlive(supervisor)) return;
    if (started?.main && isAlive(started.main)) return;
    if (this.group.populated()) return;
    // The spawner gives each supervisor a process group of its own; the command has left it.
    signalGroup(supervisor.pid, force ? 'SIGKILL' : 'SIGCONT');
  }

  /** False: the command may still be on its way into the group. */
  hasEntered(): boolean {
    return this.#known.started !== null;
  }

  /** Null when the group is gone. */
  sample(now: Now): Sample | null {
    const usage = this.group.usage();
    if (usage === null) return null;
    this.#samples += 1;
    this.memBytes = usage.memBytes;
    return {
      now,
      memBytes: usage.memBytes,
      cpuUsec: usage.cpuUsec,
      oomKills: usage.oomKills,
      pidsMaxHits: usage.pidsMaxHits,
      outputBytes: logSize(this.paths.log),
      outputAt: logTouchedAt(this.paths.log),
    };
  }

  /** The clocks of an attempt taken over from an earlier daemon go on from what its files say. */
  firstMemory(sample: Sample, attempt: Attempt): WatchMemory {
    const startedAt = attempt.startedAt ?? sample.now.wallMs;
    const printedAt = Math.max(startedAt, logTouchedAt(this.paths.log) ?? startedAt);
    const since = (at: number) => Math.max(0, sample.now.wallMs - at);
    return newMemory(sample, since(startedAt), since(printedAt));
  }

  /** Reads the group's counters a last time. */
  finalUsage(): Usage | null {
    const usage = this.group.usage() ?? this.group.usageFrom(readCounters(this.paths.dir));
    return usage === null ? null : toUsage(usage, this.memory?.peakMemBytes ?? 0, this.#samples);
  }

  climbAgain(delayMs: number, again: () => void): void {
    if (this.#climb !== null) clearTimeout(this.#climb);
    this.#climb = setTimeout(again, delayMs);
  }

  close(): void {
    if (this.#climb !== null) clearTimeout(this.#climb);
    for (const stop of this.#stops.splice(0)) stop();
    this.group.close();
  }

  /** The script holds the caller's environment; nobody needs it once the command has ended. */
  forgetEnvironment(): void {
    rmSync(`${this.paths.dir}/launch.sh`, { force: true });
  }
}

function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch {
    // It has just ended.
  }
}

/** Two samples make a peak of their own; before that the kernel's high-water mark is the better answer. */
const ENOUGH_SAMPLES = 2;

function toUsage(usage: GroupUsage, sampledPeak: number, samples: number): Usage {
  const cached = usage.memPeakCachedBytes;
  const isKernelBetter = cached !== null && (samples < ENOUGH_SAMPLES || usage.oomKills > 0);
  return {
    peakMemBytes: isKernelBetter ? cached : samples > 0 ? sampledPeak : null,
    peakMemCachedBytes: cached,
    cpuSeconds: usage.cpuUsec / 1e6,
    ioReadBytes: usage.ioReadBytes,
    ioWriteBytes: usage.ioWriteBytes,
    oomKills: usage.oomKills,
  };
}

/** A directory that somebody has deleted tells nothing; the tick finds out that nothing is left of the attempt. */
function watchDirectory(dir: string, changed: () => void): () => void {
  try {
    const watcher = watch(dir, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
