// A sampling pass: samples the attempts and the host, has the watchdog judge them, and publishes what was measured.
import type { Now } from '../../core/clock.ts';
import { readFreeDisk } from '../../procfs/disk.ts';
import { readHostPressure } from '../../procfs/pressure.ts';
import { NO_PRESSURE, type PressureState } from '../../watchdog/pressure.ts';
import type { HostCpuTrail } from '../../watchdog/throttle.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { Attempts } from '../attempts.ts';
import { OutsideCpu, type OutsideCpuDeps } from '../outside-cpu.ts';
import { ParentMemory, type ParentMemoryDeps } from '../parent-memory.ts';
import type { Planner } from '../queue/planner.ts';
import { NO_WATCH_STATES, sampleAll, type WatchDeps, type WatchStates } from '../sample.ts';
import { type HostWatchDeps, watchHost } from '../sample-host.ts';
import { type ThrottleDeps, watchHostCpu } from '../throttle-tasks.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { type HostUse, PassFeed, type TaskPass } from './pass.ts';

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
  /** Null when the round took no sample. */
  readonly tookMs: number | null;
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
    this.outsideCpu = new OutsideCpu(deps, attempts, () => this.#publish(deps.clock.now(), null));
    this.#parentMemory = new ParentMemory(deps, () => loop.planner().trees());
  }

  get pressure(): PressureState {
    return this.#pressure;
  }

  /** The state of a round without a sample. */
  unchanged(): Sampled {
    return { watchStates: NO_WATCH_STATES, pressure: this.#pressure, hostCpu: this.#hostCpu, tookMs: null };
  }

  sample(work: UnitOfWork): Sampled {
    const { clock } = this.#deps;
    this.#planner().sampled(work.now.monoMs);
    this.#attempts.applyLimits();
    const attempts = [...this.#attempts.byId.values()];
    const watchStates = sampleAll(this.#deps, work, attempts, ({ id }) => this.#attempts.reconcile(work, id));
    this.outsideCpu.look();
    this.#parentMemory.follow(this.#attempts.byId);
    const here = this.#attempts.onHost();
    const pressure = watchHost(this.#deps, work, here, watchStates, this.#pressure);
    const hostCpu = watchHostCpu(this.#deps, work, here, this.#hostCpu);
    const { monoMs } = clock.now();
    const tookMs = monoMs - work.now.monoMs;
    this.#restUntil = monoMs + REST_SHARE * tookMs;
    return { watchStates, pressure, hostCpu, tookMs };
  }

  /** Call when the round of the sample is committed. */
  keep({ watchStates, pressure, hostCpu }: Sampled): void {
    this.#pressure = pressure;
    this.#hostCpu = hostCpu;
    for (const [attempt, watchState] of watchStates) attempt.watchState = watchState;
  }

  /** Call after the events of the round are published. */
  report({ tookMs }: Sampled, now: Now): void {
    if (tookMs !== null) this.#publish(now, tookMs);
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

  #publish({ wallMs }: Now, tookMs: number | null): void {
    const attempts = [...this.#attempts.byId.values()];
    this.passes.publish({
      at: wallMs,
      tookMs,
      host: this.#hostUse(this.#attempts.onHost()),
      tasks: attempts.flatMap(taskPass),
    });
  }

  #hostUse(attempts: readonly LiveAttempt[]): HostUse {
    const { readHost, memReserveBytes, home } = this.#deps;
    const { totalBytes, availableBytes } = readHost();
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

/** Nothing before the first sample of the attempt. */
function taskPass(live: LiveAttempt): TaskPass[] {
  const { id, memBytes, watchState, ioRate } = live;
  return watchState === null ? [] : [{ id, memBytes, cpuCores: watchState.cpu.cores, io: ioRate.bytesPerS }];
}
