// A live attempt in this daemon: its group, its records and the state of the watchdog.
import { dirname } from 'node:path';
import type { Group, GroupUsage } from '../../cgroups/port.ts';
import { watchFiles } from '../../cgroups/watch.ts';
import type { Now } from '../../core/clock.ts';
import { frozenSince } from '../../core/elapsed.ts';
import type { EngineTraits } from '../../core/engine-traits.ts';
import type { ActiveState, Attempt, Exit, TaskId, Usage } from '../../core/task.ts';
import type { KnownRecords, Place, Supervision } from '../../engines/port.ts';
import { type Records, RecordsUnreadable, readCounters, readRecords } from '../../exec/records.ts';
import type { Observer } from '../../exec/start.ts';
import { AttemptLog } from '../../logs/attempt-log.ts';
import { logTouchedAt } from '../../logs/read.ts';
import { readHostOomKills } from '../../procfs/oom-kills.ts';
import { writeOomScoreAdj } from '../../procfs/oom-score.ts';
import { MemberCounters } from '../../procfs/process/member-counters.ts';
import { LADDER_START, type LadderState } from '../../watchdog/ladder.ts';
import { type OomTier, oomScoreAdj, oomTier } from '../../watchdog/oom-tier.ts';
import { newWatchState, type Sample, type WatchState } from '../../watchdog/state.ts';
import { CpuDemand } from './cpu-demand.ts';
import { mostIo, toUsage } from './final-usage.ts';
import { Heartbeat } from './heartbeat.ts';
import { Idleness } from './idleness.ts';
import { IoRate } from './io-rate.ts';
import { latest, type Observation, ObservedFiles } from './observed-files.ts';
import type { AttemptPaths } from './paths.ts';
import { ProgressReader } from './progress-reader.ts';
import type { ReadinessObserver } from './readiness.ts';
import { outlivedBy } from './stall-diagnosis.ts';
import { StrictOutput } from './strict-output.ts';

export interface LiveFigures {
  /** Working set in bytes. */
  readonly memBytes: number;
  /** Null after only one sample. */
  readonly cpuCores: number | null;
  readonly silentMs: number;
  /** Highest working set of a sample, in bytes. */
  readonly peakMemBytes: number;
}

export class LiveAttempt implements Observer {
  readonly id: TaskId;
  readonly paths: AttemptPaths;
  readonly group: Group;
  readonly supervision: Supervision;
  /** See EngineTraits. */
  readonly usesHost: boolean;
  readonly log: AttemptLog;
  readonly progress: ProgressReader;
  readonly heartbeat: Heartbeat;
  readonly members = new MemberCounters();
  readonly ioRate = new IoRate();
  readonly #demand = new CpuDemand();
  /** Null until the first sample of a started attempt. */
  watchState: WatchState | null = null;
  /** Null when the task has no readiness. */
  readiness: ReadinessObserver | null = null;
  ladder: LadderState = LADDER_START;
  memBytes = 0;
  /** Monotonic ms at which the watchdog first saw it held; null while it is not. */
  heldSince: number | null = null;
  #oomTier: OomTier = 'within';
  /** Time until the watchdog's next deadline. */
  dueInMs: number | null = null;
  /** Other processes of the task outlived the main process. */
  outlivedMain = false;
  isObserved = false;
  readonly #onChange: () => void;
  #known: KnownRecords = { supervisor: null, started: null };
  /** How the main process ended; null before. */
  #exit: Exit | null = null;
  /** In a row, of records that were there. */
  #emptyReads = 0;
  #samples = 0;
  readonly idleness = new Idleness();
  #hasMain = false;
  /** Since its processes were last read. */
  #hasActed = false;
  #events = NO_EVENTS;
  /** OOM kills of the host at the last sample, where the group does not count its own; else null. */
  #hostOomKills: number | null = null;
  #strict: StrictOutput | null = null;
  readonly #observed = new ObservedFiles();
  /** Epoch ms of the last progress that the task reported. */
  #progressAt: number | null = null;
  #isAttached = false;
  /** Monotonic ms. */
  #beginBy: number | null = null;
  #isAwaited = false;
  #isClosed = false;
  #killTimer: NodeJS.Timeout | null = null;
  readonly #stops: (() => void)[] = [];

  constructor(
    id: TaskId,
    paths: AttemptPaths,
    { usesHost }: Pick<EngineTraits, 'usesHost'>,
    { group, supervision }: Place,
    onChange: () => void,
  ) {
    this.id = id;
    this.paths = paths;
    this.log = new AttemptLog(paths.log);
    this.group = group;
    this.supervision = supervision;
    this.usesHost = usesHost;
    this.progress = new ProgressReader(paths);
    this.heartbeat = new Heartbeat(dirname(paths.dir));
    this.#onChange = onChange;
  }

  /** Call when the attempt's directory exists. */
  observe(): void {
    this.isObserved = true;
    this.#stops.push(watchFiles([this.paths.dir], this.#onChange), this.group.watch(this.#onChange));
  }

  /** The records so far. When `isOver` is true, they are complete. Throws RecordsUnreadable. */
  records(): Records & { readonly isOver: boolean; readonly areRemoved: boolean } {
    const { dir } = this.paths;
    const found = readRecords(dir);
    const areRemoved = found.supervisor === null;
    const records = this.#keepKnown(found);
    if (!this.#isAttached && records.started?.main) {
      this.#isAttached = true;
      this.group.attach({ pid: records.started.main.pid, startTicks: records.started.main.startTicks ?? 0 });
    }
    if (records.closedAt !== null) return { ...records, areRemoved, isOver: true };
    if (!this.isSupervisorGone()) return { ...records, areRemoved, isOver: false };
    // The supervisor may have written records between the first read and its end: read again.
    const last = readRecords(dir, true);
    this.#emptyReads = last.supervisor === null ? this.#emptyReads + 1 : 0;
    // A disk may fail to read them once.
    if (this.#emptyReads > 0 && this.#emptyReads < EMPTY_READS)
      throw new RecordsUnreadable('no records', 'ENOENT');
    return { ...this.#keepKnown(last), areRemoved: last.supervisor === null, isOver: true };
  }

  /**
   * Call at each look that finds no records of a started attempt of an earlier daemon, and no process of it. A disk may fail
   * to read them once, and a supervisor may be writing them again.
   */
  areRecordsLost(): boolean {
    this.#emptyReads += 1;
    return this.#emptyReads >= EMPTY_READS;
  }

  /** Identities and the exit stay known even if the task deletes its records. */
  #keepKnown(records: Records): Records {
    this.#known = {
      supervisor: this.#known.supervisor ?? records.supervisor,
      started: this.#known.started ?? records.started,
    };
    this.#exit ??= records.exit;
    this.supervision.know(this.#known);
    return { ...records, ...this.#known, exit: this.#exit };
  }

  /** Call when this daemon starts or adopts the attempt. The next one gets more time: the host may be slow. */
  awaitStart({ monoMs }: Now, { number }: Pick<Attempt, 'number'>): void {
    this.#beginBy = monoMs + BEGIN_DEADLINE_MS * Math.min(number, BEGIN_DEADLINES_MAX);
  }

  /** No supervisor has begun, although the deadline for it has passed. */
  isOverdue({ monoMs }: Now): boolean {
    return this.#beginBy !== null && monoMs > this.#beginBy;
  }

  /**
   * Call when a supervisor has claimed the attempt and not recorded itself: it needs a moment for that, which a slow host may
   * make long. False when it has had its time.
   */
  awaitRecord({ monoMs }: Now): boolean {
    if (this.#isAwaited) return false;
    this.#isAwaited = true;
    this.#beginBy = monoMs + BEGIN_DEADLINE_MS;
    return true;
  }

  /** How its main process ended is recorded. */
  get hasExit(): boolean {
    return this.#exit !== null;
  }

  awaitsSupervisor(): boolean {
    return !this.#isClosed && this.#known.supervisor === null && this.#known.started === null;
  }

  /** False as well while the supervisor is not known. Its log writer may outlive it until the output is complete. */
  isSupervisorGone(): boolean {
    return this.supervision.isSupervisorGone();
  }

  /** Continues a supervisor that a process has stopped, at some of the samples. */
  continueSupervisor(): void {
    if (this.#samples % CONTINUE_EVERY === 0 && !this.log.isRotating) this.supervision.continueSupervisor();
  }

  /** Continues what starts the command, if a process has stopped it: nothing else ends an attempt that has not begun. */
  continueStart(): void {
    if (!this.usesHost) return;
    this.supervision.signalStuck('SIGCONT');
    this.group.signal('SIGCONT');
  }

  /** See Supervision. During a rotation the supervisor is stopped on purpose and must not write. */
  signalStuckSupervisor(signal: 'SIGCONT' | 'SIGKILL'): void {
    if (!this.log.isRotating || signal === 'SIGKILL') this.supervision.signalStuck(signal);
  }

  /** False while the command may still be entering the group. */
  hasEntered(): boolean {
    return this.#known.started !== null;
  }

  /** Call once before each `sample`. Returns null when the group is gone. */
  readUsage(): GroupUsage | null {
    const usage = this.group.usage();
    if (usage !== null) this.idleness.update(usage.cpuUsec);
    if (usage === null || this.mayHaveActed || !this.#hasMain) this.#hasMain = this.supervision.isMainAlive();
    return usage;
  }

  /** The group may have run between the last two calls of `readUsage`. */
  get mayHaveActed(): boolean {
    return !this.idleness.isIdle;
  }

  /** The main process was alive at the last `readUsage`. False as well while it is not known. */
  get hasMain(): boolean {
    return this.#hasMain;
  }

  /** Returns null when the group is gone. `withIo`: reads the I/O counters too. */
  sample(usage: GroupUsage, now: Now, watch: Observation & { readonly withIo: boolean }): Sample | null {
    const { memBytes } = usage;
    if (memBytes === null) return null;
    this.#samples += 1;
    this.supervision.hold();
    this.log.keepOpen();
    this.memBytes = memBytes;
    if (this.mayHaveActed) this.#readEvents(usage);
    const { withIo } = watch;
    const { outputBytes, outputAt } = this.#output(now, watch);
    const isTurn = this.#samples % MEMBERS_EVERY === MEMBERS_FIRST;
    // A task that gets no CPU at all looks idle.
    this.#hasActed ||= this.idleness.hasRun || this.#demand.now !== null;
    if (withIo || (isTurn && (this.#hasActed || this.#samples % IDLE_MEMBERS_EVERY === MEMBERS_FIRST))) {
      this.#hasActed = false;
      this.members.read(this.group.pids(KNOWN));
      this.#demand.count(this.members.cpu, now.monoMs);
    }
    if (isTurn) this.ioRate.count(this.members.io, now.monoMs);
    const io = withIo ? mostIo(usage, this.members.io) : null;
    return {
      now,
      memBytes,
      cpuUsec: usage.cpuUsec,
      oomKills: this.#events.oomKills,
      isOomAtOwnCap: this.#events.isOomAtOwnCap,
      pidsMaxHits: this.#events.pidsMaxHits,
      strays: usage.strays,
      outlived: this.#outlived(now, watch.startedAt),
      demand: this.#demand.now,
      waitPerCpuSecond: this.members.waitPerCpuSecond,
      outputBytes,
      outputAt,
      ioReadBytes: io?.readBytes ?? null,
      ioWriteBytes: io?.writtenBytes ?? null,
    };
  }

  #outlived({ wallMs }: Now, startedAt: number): Sample['outlived'] {
    if (this.#hasMain || this.#exit === null) return null;
    return outlivedBy(this.#exit, startedAt, this.group.pids(KNOWN), wallMs);
  }

  #readEvents(usage: GroupUsage): void {
    if (usage.oomKills === null) this.#hostOomKills = readHostOomKills();
    const oomKills = usage.oomKills ?? 0;
    // Its evidence is expensive.
    const isOomAtOwnCap = oomKills > this.#events.oomKills ? usage.isOomAtOwnCap : this.#events.isOomAtOwnCap;
    this.#events = { oomKills, pidsMaxHits: usage.pidsMaxHits, isOomAtOwnCap };
  }

  /** Orders the tasks for the OOM killer of the parent group. `base`: the value within the estimate. */
  rankForOom(estimatedMemBytes: number, base: number): void {
    const tier = oomTier(this.memBytes, estimatedMemBytes);
    if (tier === this.#oomTier) return;
    this.#oomTier = tier;
    writeOomScoreAdj(this.group.pids(), oomScoreAdj(tier, base));
  }

  #output(
    { wallMs, monoMs }: Now,
    { isStrict, observe, cwd, startedAt }: Observation,
  ): Pick<Sample, 'outputBytes' | 'outputAt'> {
    const { printedBytes, printedAt } = this.log.refresh();
    const { signs } = this.progress;
    const added = this.progress.look(monoMs, this.log.size, this.mayHaveActed, isStrict);
    if (this.progress.signs !== signs) this.#progressAt = wallMs;
    const observedAt = this.#observed.look(observe, cwd, startedAt, wallMs);
    if (isStrict) this.#strict ??= new StrictOutput();
    const newAt = isStrict ? (this.#strict?.see(added, wallMs) ?? null) : printedAt;
    return {
      outputBytes: isStrict ? 0 : printedBytes,
      outputAt: latest(newAt, this.#progressAt, observedAt),
    };
  }

  /** An adopted attempt continues from the times of its files. Time spent paused does not count. */
  firstWatchState(sample: Sample, state: ActiveState): WatchState {
    const { wallMs } = sample.now;
    const startedAt = state.attempt.startedAt ?? wallMs;
    const files = [this.paths.log, this.paths.progressFile];
    const printedAt = Math.max(startedAt, ...files.map((file) => logTouchedAt(file) ?? startedAt));
    const pausedForMs = Math.max(0, wallMs - (frozenSince(state) ?? wallMs));
    const since = (at: number) => Math.max(0, wallMs - pausedForMs - at);
    const ageMs = this.supervision.mainAgeMs() - pausedForMs;
    const elapsedMs = Math.min(since(startedAt), ageMs) - state.attempt.pausedMs;
    return newWatchState(sample, Math.max(0, elapsedMs), since(printedAt));
  }

  /** Mean CPU use of the last 15 s; 0 before the first sample. */
  get meanCpuCores(): number {
    return this.watchState?.cpuTrail.meanCores ?? 0;
  }

  figures(): LiveFigures | null {
    if (this.watchState === null) return null;
    const { cpu, silentMs, peakMemBytes } = this.watchState;
    return {
      memBytes: this.memBytes,
      cpuCores: cpu.cores === null ? null : Math.round(cpu.cores * 100) / 100,
      silentMs: Math.round(silentMs),
      peakMemBytes,
    };
  }

  /** Reads the group's counters for the last time. Throws RecordsUnreadable. */
  finalUsage(): Usage | null {
    const usage = this.group.usage() ?? this.group.usageFrom(readCounters(this.paths.dir));
    if (usage === null) return null;
    this.idleness.update(usage.cpuUsec);
    const io = mostIo(usage, this.members.io, readRecords(this.paths.dir).io);
    return toUsage(
      usage,
      this.watchState,
      this.#samples,
      io,
      this.members.waitPerCpuSecond,
      this.#oomOf(usage),
    );
  }

  #oomOf(usage: GroupUsage): Usage['oom'] {
    const hostBefore = this.#hostOomKills;
    this.#readEvents(usage);
    const { oomKills, isOomAtOwnCap } = this.#events;
    if (oomKills > 0) return isOomAtOwnCap ? 'own_cap' : 'outside';
    return hostBefore !== null && (this.#hostOomKills ?? 0) > hostBefore ? 'outside' : null;
  }

  /** Call after each `sample` of a running attempt. */
  isReady(): boolean {
    return this.readiness?.look(() => this.group.pids(), this.log.size) ?? false;
  }

  scheduleKillStep(delayMs: number, advance: () => void): void {
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(advance, delayMs);
  }

  close(): void {
    this.#isClosed = true;
    this.readiness?.close();
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    for (const stop of this.#stops.splice(0)) stop();
    this.supervision.close();
    this.log.release();
    this.group.close();
  }
}

/** The counters of single processes cost a read for each: every fifth sample, and one early for short tasks. */
const MEMBERS_EVERY = 5;
const MEMBERS_FIRST = 2;
const IDLE_MEMBERS_EVERY = 30;
/** `usage` looks for processes outside of the group. */
const KNOWN = Number.POSITIVE_INFINITY;

const NO_EVENTS = { oomKills: 0, pidsMaxHits: 0, isOomAtOwnCap: false };

const CONTINUE_EVERY = 10;
/** The spawner has the niceness of the tasks: beside busy programs its start and its forks take longer than half a minute. */
const BEGIN_DEADLINE_MS = 120_000;
const BEGIN_DEADLINES_MAX = 10;
/** The command has removed its records when so many reads find none. */
const EMPTY_READS = 3;
