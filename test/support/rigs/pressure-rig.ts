// Feeds samples of a host of 100 GiB to the judge of pressure, and confirms a kill as the daemon does.

import type { ThawCause } from '../../../src/core/events.ts';
import type { TaskId } from '../../../src/core/task.ts';
import type { Holds } from '../../../src/watchdog/hold.ts';
import {
  confirmPressure,
  judgePressure,
  NO_PRESSURE,
  type PressureEvent,
  type PressureKill,
  type PressureState,
} from '../../../src/watchdog/pressure.ts';
import type { HostSample, PressureRules, TaskUse } from '../../../src/watchdog/shortage.ts';
import { GIB } from '../build/build-task.ts';

export const PRESSURE_RULES: PressureRules = {
  maxSysMemPct: 70,
  memFullAvg10Pct: 60,
  maxSysDiskPct: 98,
  windowMs: 30_000,
  reserveWindowMs: 2_000,
  holdWindowMs: 30_000,
  memReserveBytes: 0,
  cooldownMs: 30_000,
  gapMs: 4_000,
  dryRun: false,
};

export const HOST_BYTES = 100 * GIB;
const DISK_BYTES = 1000 * GIB;

export function aTaskUse(id: TaskId, changes: Partial<TaskUse> = {}): TaskUse {
  const use = { memBytes: GIB, estimatedMemBytes: GIB, growthBytesPerS: 0 };
  return { id, ...use, heldMs: null, writtenBytes: 0, endingMs: null, ...changes };
}

export interface HostStep {
  readonly ms?: number;
  readonly usedPct?: number;
  readonly memFullAvg10Pct?: number | null | undefined;
  readonly diskGrownBytes?: number;
}

export class Host {
  readonly events: PressureEvent[] = [];
  readonly kills: PressureKill[] = [];
  readonly wouldKill: PressureKill[] = [];
  readonly holds: TaskId[] = [];
  readonly thaws: { id: TaskId; cause: ThawCause }[] = [];
  state: PressureState = NO_PRESSURE;
  tasks: readonly TaskUse[];
  /** To what the largest process outside belongs. */
  outsideOf: string | null = null;
  /** How often the largest process outside was looked for. */
  outsideLooks = 0;
  /** What changes between the two looks. */
  beforeSecondLook: HostStep & { readonly tasks?: readonly TaskUse[] } = {};
  readonly #rules: PressureRules;
  #monoMs = 1_000;
  #diskUsedBytes: number;

  constructor(host: {
    readonly tasks: readonly TaskUse[];
    readonly rules?: PressureRules;
    readonly diskUsedPct?: number;
  }) {
    this.tasks = host.tasks;
    this.#rules = host.rules ?? PRESSURE_RULES;
    this.#diskUsedBytes = (DISK_BYTES * (host.diskUsedPct ?? 50)) / 100;
  }

  step(step: HostStep): this {
    const { ms = 1000 } = step;
    this.#monoMs += ms;
    this.tasks = this.tasks.map((task) =>
      task.heldMs === null ? task : { ...task, heldMs: task.heldMs + ms },
    );
    this.#diskUsedBytes += step.diskGrownBytes ?? 0;
    const verdict = judgePressure(this.#rules, this.state, this.#sample(step), this.tasks);
    this.state = verdict.state;
    this.events.push(...verdict.events);
    this.#applyHolds(verdict.holds);
    if (verdict.confirm === null) return this;
    this.outsideLooks += 1;
    const { tasks = this.tasks, ...changes } = this.beforeSecondLook;
    const second = confirmPressure(
      this.#rules,
      this.state,
      verdict.confirm,
      this.#sample({ ...step, ...changes }),
      tasks,
      { name: 'firefox', pid: 4711, rssBytes: 9 * GIB, belongsTo: this.outsideOf },
    );
    this.state = second.state;
    this.events.push(...second.events);
    if (second.kill !== null) this.kills.push(second.kill);
    if (second.wouldKill !== null) this.wouldKill.push(second.wouldKill);
    return this;
  }

  /** A held task is frozen until the thaw. */
  #applyHolds({ hold, thaw }: Holds): void {
    this.holds.push(...hold);
    this.thaws.push(...thaw);
    this.tasks = this.tasks.map((task) => {
      if (hold.includes(task.id)) return { ...task, heldMs: 0 };
      if (thaw.some(({ id }) => id === task.id)) return { ...task, heldMs: null };
      return task;
    });
  }

  steps(count: number, step: HostStep): this {
    for (let n = 0; n < count; n += 1) this.step(step);
    return this;
  }

  /** `pressure_began:mem` … in order. */
  reported(): string[] {
    return this.events.map(({ event, dim }) => `${event}:${dim}`);
  }

  #sample({ usedPct = 10, memFullAvg10Pct = null }: HostStep): HostSample {
    return {
      now: { wallMs: 1_700_000_000_000 + this.#monoMs, monoMs: this.#monoMs },
      memTotalBytes: HOST_BYTES,
      memAvailableBytes: HOST_BYTES - Math.round((HOST_BYTES * usedPct) / 100),
      memFullAvg10Pct,
      disk: { totalBytes: DISK_BYTES, usedBytes: this.#diskUsedBytes, inodes: null },
    };
  }
}
