// A sampling pass: samples the attempts and the host, has the watchdog judge them, and publishes what was measured.
import type { Now } from '../../core/clock.ts';
import { readFreeDisk } from '../../procfs/disk.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import { readHostPressure } from '../../procfs/pressure.ts';
import { NO_PRESSURE, type PressureState } from '../../watchdog/pressure.ts';
import type { HostCpuTrail } from '../../watchdog/throttle.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { Attempts } from '../attempts.ts';
import type { Planner } from '../queue/planner.ts';
import { beginSlice } from '../slice.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { OutsideCpu, type OutsideCpuDeps } from './outside-cpu.ts';
import { ParentMemory, type ParentMemoryDeps } from './parent-memory.ts';
import { type HostUse, PassFeed, type TaskPass } from './pass.ts';
import { NO_WATCH_STATES, sampleSome, type WatchDeps, type WatchStates } from './sample.ts';
import { type HostWatchDeps, watchHost } from './sample-host.ts';
import { type ThrottleDeps, watchHostCpu } from './throttle-tasks.ts';

export interface SamplerDeps
  extends WatchDeps,
    HostWatchDeps,
    ThrottleDeps,
    OutsideCpuDeps,
    ParentMemoryDeps {}

/** What a round has sampled, to be kept once it is committed. */
export interface Sampled {
  readonly watchStates: WatchStates;
  readonly pressure: PressureState;
  readonly hostCpu: HostCpuTrail;
  /** The pass continues in the next round. */
  readonly isPartial: boolean;
  /** Of the pass that ended in this round, with the time of all its rounds; null when none did. */
  readonly ended: { readonly tookMs: number; readonly host: HostMemory } | null;
}

/** A pass over hundreds of attempts takes several rounds. */
interface PassInProgress {
  /** The attempts that are not sampled yet. */
  left: LiveAttempt[];
  readonly begunAt: number;
  tookMs: number;
}

/** Samples for growth take at most one part in so many of the daemon's time. */
const REST_SHARE = 10;

export class Sampler {
  readonly passes: PassFeed;
  readonly outsideCpu: OutsideCpu;
  readonly #deps: SamplerDeps;
  readonly #attempts: Attempts;
  readonly #planner: () => Planner;
  readonly #pendingCount: () => number;
  readonly #parentMemory: ParentMemory;
  /** Monotonic ms until which growth causes no sample. */
  #restUntil = 0;
  #pressure = NO_PRESSURE;
  #hostCpu: HostCpuTrail = [];
  #pass: PassInProgress | null = null;

  constructor(
    deps: SamplerDeps,
    attempts: Attempts,
    loop: { planner(): Planner; pendingCount(): number; wake(): void },
  ) {
    this.#deps = deps;
    this.#attempts = attempts;
    this.#planner = loop.planner;
    this.#pendingCount = loop.pendingCount;
    this.passes = new PassFeed(() => loop.wake());
    this.outsideCpu = new OutsideCpu(deps, attempts, () =>
      this.#publish(deps.clock.now(), null, deps.readHost()),
    );
    this.#parentMemory = new ParentMemory(deps, () => loop.planner().trees());
  }

  get pressure(): PressureState {
    return this.#pressure;
  }

  /** The state of a round without a sample. */
  unchanged(): Sampled {
    return this.#sampled(NO_WATCH_STATES);
  }

  /** Call again in the next round while the result is partial. */
  sample(work: UnitOfWork): Sampled {
    const monoMs = () => this.#deps.clock.now().monoMs;
    this.#pass ??= this.#begin(work);
    const pass = this.#pass;
    const { byId } = this.#attempts;
    pass.left = pass.left.filter((live) => byId.get(live.id) === live);
    const reconcile = ({ id }: LiveAttempt) => this.#attempts.reconcile(work, id);
    const watchStates = sampleSome(this.#deps, work, pass.left, reconcile, beginSlice(monoMs));
    if (pass.left.length > 0) {
      pass.tookMs += monoMs() - work.now.monoMs;
      return { ...this.#sampled(watchStates), isPartial: true };
    }
    this.#pass = null;
    this.#planner().sampled(pass.begunAt);
    this.outsideCpu.look();
    const host = this.#deps.readHost();
    this.#parentMemory.follow(byId, host);
    const here = this.#attempts.onHost();
    const pressure = watchHost(this.#deps, work, here, watchStates, this.#pressure, host);
    const hostCpu = watchHostCpu(this.#deps, work, here, this.#hostCpu);
    const endMs = monoMs();
    const tookMs = pass.tookMs + endMs - work.now.monoMs;
    this.#restUntil = endMs + REST_SHARE * tookMs;
    return { watchStates, pressure, hostCpu, isPartial: false, ended: { tookMs, host } };
  }

  #begin(work: UnitOfWork): PassInProgress {
    this.#attempts.applyLimits();
    const left = [...this.#attempts.byId.values()].reverse();
    return { left, begunAt: work.now.monoMs, tookMs: 0 };
  }

  #sampled(watchStates: WatchStates): Sampled {
    const [pressure, hostCpu] = [this.#pressure, this.#hostCpu];
    return { watchStates, pressure, hostCpu, isPartial: false, ended: null };
  }

  /** Call when the round of the sample is committed. */
  keep({ watchStates, pressure, hostCpu }: Sampled): void {
    this.#pressure = pressure;
    this.#hostCpu = hostCpu;
    for (const [attempt, watchState] of watchStates) attempt.watchState = watchState;
  }

  /** Call after the events of the round are published. */
  report({ ended }: Sampled, now: Now): void {
    if (ended !== null) this.#publish(now, ended.tookMs, ended.host);
  }

  /** Call when attempts are about to start. */
  starting(): void {
    this.#parentMemory.started(this.#attempts.byId);
  }

  /** One cheap look at the parent groups finds tasks that grow fast between two ticks. */
  hasGrown(): boolean {
    return this.#deps.clock.now().monoMs >= this.#restUntil && this.#parentMemory.hasGrown();
  }

  close(): void {
    this.#parentMemory.close();
    this.outsideCpu.close();
  }

  #publish({ wallMs }: Now, tookMs: number | null, host: HostMemory): void {
    const tasks: TaskPass[] = [];
    for (const live of this.#attempts.byId.values()) {
      const { id, memBytes, watchState, ioRate } = live;
      // Null before the first sample of the attempt.
      if (watchState !== null)
        tasks.push({ id, memBytes, cpuCores: watchState.cpu.cores, io: ioRate.bytesPerS });
    }
    this.passes.publish({ at: wallMs, tookMs, host: this.#hostUse(this.#attempts.onHost(), host), tasks });
  }

  #hostUse(attempts: readonly LiveAttempt[], { totalBytes, availableBytes }: HostMemory): HostUse {
    const { memReserveBytes, home } = this.#deps;
    const oursBytes = attempts.reduce((sum, { memBytes }) => sum + memBytes, 0);
    const { cpu, memory, io } = readHostPressure();
    const { bytes } = readFreeDisk(home);
    return {
      memTotalBytes: totalBytes,
      memReserveBytes,
      memOursBytes: oursBytes,
      memOutsideBytes: Math.max(0, totalBytes - availableBytes - oursBytes),
      cpu: this.outsideCpu.use,
      psi: {
        cpuPct: cpu?.someAvg10Pct ?? null,
        memPct: memory?.fullAvg10Pct ?? null,
        ioPct: io?.fullAvg10Pct ?? null,
      },
      diskFreeBytes: Number.isFinite(bytes) ? bytes : null,
      running: attempts.length,
      pending: this.#pendingCount(),
    };
  }
}
