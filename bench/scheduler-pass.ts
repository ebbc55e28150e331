// Time of a scheduling pass with a long queue after the end of a task, and of a plan of the whole queue.
import { type PendingItem, type RunningItem, toRunning } from '../src/scheduler/items.ts';
import { DEFAULT_POLICY, pass } from '../src/scheduler/pass.ts';
import { plan } from '../src/scheduler/plan.ts';
import { Queue } from '../src/scheduler/queue/queue.ts';
import type { Snapshot } from '../src/scheduler/snapshot.ts';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { median, p95 } from './support/statistics.ts';

/** Enough for about 64 running tasks. */
const CPU_LIMIT_CORES = 180;
const OWNERS = 100;
const AIMS_MS = { 10000: 5, 100000: 10 } as const;
const GIB = 1024 ** 3;

const CAPACITY: Snapshot['capacity'] = {
  memTotalBytes: 1024 * GIB,
  memLimitBytes: CPU_LIMIT_CORES * GIB,
  cores: CPU_LIMIT_CORES,
  cpuLimitCores: CPU_LIMIT_CORES,
  cpuShareCores: CPU_LIMIT_CORES,
  maxRunning: 1000,
  maxPending: 100_000,
};

export async function schedulerPass({ isQuick, progress }: Run): Promise<Row[]> {
  const passes = isQuick ? 100 : 1000;
  const plans = isQuick ? 3 : 15;
  const rows: Row[] = [];
  for (const [step, pending] of ([10_000, 100_000] as const).entries()) {
    progress(step, 2);
    const busy = new BusyHost(pending);
    for (let warmUp = 0; warmUp < 50; warmUp += 1) busy.passMs();
    const timesMs = Array.from({ length: passes }, () => busy.passMs());
    const name = `pass, ${pending} pending, ${busy.running} running`;
    rows.push(row(`${name} p95`, 'ms', p95(timesMs), passes, { aim: atMost(AIMS_MS[pending]) }));
    rows.push(row(name, 'ms', median(timesMs), passes));
    if (pending < 100_000) continue;
    const plansMs = Array.from({ length: plans }, () => busy.planMs());
    rows.push(row(`plan, ${pending} pending`, 'ms', median(plansMs), plans));
  }
  return rows;
}

/** A full host with a queue of constant length: mixed tasks of many owners. */
class BusyHost {
  readonly #queue = new Queue();
  readonly #random = randomBelow(1);
  readonly #pending: number;
  #running: RunningItem[] = [];
  #nowMs = 1_700_000_000_000;
  #submitted = 0;

  constructor(pending: number) {
    this.#pending = pending;
    this.#refill();
    this.#dispatch();
  }

  /** Ends one running task and returns the time of the next pass. */
  passMs(): number {
    this.#nowMs += 1000;
    this.#running.splice(this.#random(this.#running.length), 1);
    const begin = performance.now();
    pass(this.#snapshot(), this.#nowMs);
    const tookMs = performance.now() - begin;
    this.#dispatch();
    return tookMs;
  }

  planMs(): number {
    const begin = performance.now();
    plan(this.#snapshot(), this.#nowMs);
    return performance.now() - begin;
  }

  get running(): number {
    return this.#running.length;
  }

  #snapshot(): Snapshot {
    return {
      capacity: CAPACITY,
      outsideMemBytes: 0,
      outsideCpuCores: 0,
      running: this.#running,
      leases: [],
      queue: this.#queue,
    };
  }

  #dispatch(): void {
    const { starts, reservation } = pass(this.#snapshot(), this.#nowMs, DEFAULT_POLICY);
    for (const id of starts) {
      const item = this.#queue.get(id);
      if (item === undefined) continue;
      this.#queue.remove(id, this.#nowMs);
      this.#queue.served(item.owner, this.#nowMs);
      this.#running.push(toRunning(item, this.#nowMs));
    }
    this.#queue.reserve(reservation, this.#nowMs);
    this.#refill();
  }

  #refill(): void {
    while (this.#queue.size < this.#pending) this.#queue.add(this.#nextItem(), this.#nowMs);
  }

  /** Mostly small tasks, some large, all different. */
  #nextItem(): PendingItem {
    this.#submitted += 1;
    const size = 1 + this.#random(this.#random(10) === 0 ? 32 : 6);
    const timeMs = 1000 + this.#random(3_600_000);
    return {
      id: String(this.#submitted).padStart(9, '0'),
      kind: 'task',
      name: `task-${this.#submitted}`,
      owner: `owner-${this.#random(OWNERS)}`,
      priority: 0,
      submittedAtMs: this.#nowMs,
      need: { memBytes: size * GIB + this.#random(GIB), cpuCores: size + this.#random(100) / 100 },
      timeMs,
      killTimeoutMs: 2 * timeMs,
    };
  }
}

/** The same numbers in every run (mulberry32, T. Ettinger 2017). */
function randomBelow(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
