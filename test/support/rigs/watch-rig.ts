// Feeds samples to the judge on a clock of its own, and keeps the verdicts.
import type { TaskEvent } from '../../../src/core/events.ts';
import {
  judge,
  type Kill,
  type Subject,
  type Verdict,
  type WatchRules,
} from '../../../src/watchdog/judge.ts';
import {
  applyPausedSample,
  newWatchState,
  type Sample,
  type WatchState,
} from '../../../src/watchdog/state.ts';
import { anEstimate, GIB, someLimits } from '../build/build-task.ts';

export const RULES: WatchRules = {
  toleranceWindowMs: 30_000,
  pidsWindowMs: 5_000,
  memTotalBytes: 64 * GIB,
  driverCapsMem: true,
  gapMs: Number.POSITIVE_INFINITY,
  dryRun: false,
};
/** Gaps as a daemon that samples every second sees them. */
export const GAP_RULES: WatchRules = { ...RULES, gapMs: 4_000 };
/** Estimated: 10 min, 4 GiB, 4 cores; killed at 20 min or after 5 min of silence. */
export const SUBJECT: Subject = {
  name: 'build',
  estimate: anEstimate(),
  bound: anEstimate(),
  limits: someLimits(),
  isTimeExtended: false,
  pidsMax: 4096,
  memMaxBytes: 12 * GIB,
  cpuMaxCores: 12,
  remainingMs: null,
};

/** The changes since the last sample; `cores`: the average use of CPU in that time. */
export interface Step {
  readonly ms?: number;
  readonly memBytes?: number;
  readonly cores?: number;
  readonly prints?: number;
  readonly oomKills?: number;
  readonly isOomAtOwnCap?: boolean;
  readonly strays?: Sample['strays'];
  readonly outlived?: Sample['outlived'];
  readonly demand?: Sample['demand'];
  readonly waitPerCpuSecond?: Sample['waitPerCpuSecond'];
  readonly refusedForks?: number;
  readonly ioBytes?: number;
  /** A sample taken while the task is paused. */
  readonly paused?: boolean;
  /** Moves the wall clock beside the monotonic one. */
  readonly wallJumpMs?: number;
}

export class Watch {
  readonly events: TaskEvent[] = [];
  kill: Verdict['kill'] = null;
  readonly wouldKill: Kill[] = [];
  verdict: Verdict | null = null;
  state: WatchState;
  subject: Subject;
  readonly #rules: WatchRules;
  #sample: Sample;

  /** With `elapsedMs` or `silentMs` the attempt is taken over from an earlier daemon and no sample has been judged. */
  constructor(watched: Subject = SUBJECT, { rules = RULES, elapsedMs = 0, silentMs = 0 } = {}) {
    this.subject = watched;
    this.#rules = rules;
    this.#sample = {
      now: { wallMs: 1_700_000_000_000, monoMs: 5_000 },
      memBytes: 0,
      cpuUsec: 0,
      ioReadBytes: null,
      ioWriteBytes: 0,
      oomKills: 0,
      isOomAtOwnCap: false,
      strays: [],
      outlived: null,
      demand: null,
      waitPerCpuSecond: null,
      pidsMaxHits: 0,
      outputBytes: 0,
      outputAt: null,
    };
    this.state = newWatchState(this.#sample, elapsedMs, silentMs);
    if (elapsedMs + silentMs === 0) this.step({ ms: 0 });
  }

  step({ ms = 1000, memBytes = 0, cores = 0, prints = 0, ...more }: Step): Verdict {
    const before = this.#sample;
    this.#sample = {
      now: { wallMs: before.now.wallMs + ms + (more.wallJumpMs ?? 0), monoMs: before.now.monoMs + ms },
      memBytes,
      cpuUsec: before.cpuUsec + cores * ms * 1000,
      ioReadBytes: null,
      ioWriteBytes: (before.ioWriteBytes ?? 0) + (more.ioBytes ?? 0),
      oomKills: before.oomKills + (more.oomKills ?? 0),
      isOomAtOwnCap: more.isOomAtOwnCap ?? true,
      strays: more.strays ?? [],
      outlived: more.outlived ?? null,
      demand: more.demand ?? null,
      waitPerCpuSecond: more.waitPerCpuSecond ?? null,
      pidsMaxHits: before.pidsMaxHits + (more.refusedForks ?? 0),
      outputBytes: before.outputBytes + prints,
      outputAt: null,
    };
    if (more.paused) {
      this.state = applyPausedSample(this.state, this.#sample);
      return { state: this.state, events: [], kill: null, wouldKill: null, extension: null, dueInMs: null };
    }
    const verdict = judge(this.#rules, this.subject, this.state, this.#sample);
    this.verdict = verdict;
    this.state = verdict.state;
    this.events.push(...verdict.events);
    if (verdict.extension !== null) this.#extend(verdict.extension);
    this.kill ??= verdict.kill;
    if (verdict.wouldKill !== null) this.wouldKill.push(verdict.wouldKill);
    return verdict;
  }

  steps(count: number, step: Step): this {
    for (let n = 0; n < count; n += 1) this.step(step);
    return this;
  }

  /** As the daemon does on `adjust`. */
  adjust(to: Subject): this {
    this.subject = to;
    return this;
  }

  /** As the daemon does. */
  #extend(extension: NonNullable<Verdict['extension']>): void {
    this.events.push({ event: 'time_extended', ...extension });
    const limits = { ...this.subject.limits, killTimeoutMs: extension.kill_timeout_ms };
    this.subject = { ...this.subject, limits, isTimeExtended: true };
  }

  /** `runaway_risk:mem`, `stall_risk` … in order. */
  reported(): string[] {
    return this.events.map((event) => ('dim' in event ? `${event.event}:${event.dim}` : event.event));
  }
}

/** The subject with other limits or another estimate. */
export function subject(changes: {
  readonly limits?: Partial<Subject['limits']>;
  readonly estimate?: Partial<Subject['estimate']>;
}): Subject {
  return { ...SUBJECT, limits: someLimits(changes.limits), estimate: anEstimate(changes.estimate) };
}
