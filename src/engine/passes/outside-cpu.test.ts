// The CPU use outside of all tasks, from recorded counters of host and tasks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OutsideCpu } from './outside-cpu.ts';

/** One look a second; each second others and the tasks use so many cores. */
class Host {
  readonly tasks = { cpuUsec: 0, count: 1 };
  busyUsec = 7e9;
  monoMs = 1000;
  readonly #outside: OutsideCpu;

  constructor(isCounted = true) {
    const clock = { now: () => ({ monoMs: this.monoMs, wallMs: 0 }) };
    const deps = { clock, readBusyUsec: () => this.busyUsec, countsOutsideCpu: isCounted };
    this.#outside = new OutsideCpu(deps, this.tasks, () => {});
    this.#outside.close();
  }

  get use() {
    return this.#outside.use;
  }

  seconds(count: number, outside: number, tasks: number): number {
    for (let n = 0; n < count; n += 1) {
      this.busyUsec += 1e6 * (outside + tasks);
      this.tasks.cpuUsec += 1e6 * tasks;
      this.monoMs += 1000;
      this.#outside.look();
    }
    return Math.round(100 * this.#outside.meanCores) / 100;
  }
}

describe('the CPU use outside', () => {
  it('is the busy time less that of the tasks, over 15 s', () => {
    const host = new Host();
    assert.equal(host.seconds(15, 0.5, 1.3), 0.5);
    assert.equal(host.seconds(15, 0, 1.8), 0);
    assert.equal(host.seconds(5, 1.5, 0), 0.5);
    assert.equal(host.seconds(10, 1.5, 0), 1.5);
  });

  it('of a new daemon rises from 0', () => assert.equal(new Host().seconds(5, 1.5, 0), 0.5));

  it('is never negative, also when a daemon adopts tasks that ran before it', () => {
    const host = new Host();
    host.tasks.cpuUsec += 3600e6;
    assert.equal(host.seconds(15, 1, 1), 0);
    assert.equal(host.seconds(15, 1, 1), 1);
  });

  it('is 0 where it is not counted', () => assert.equal(new Host(false).seconds(20, 2, 0), 0));

  it('of the last two looks is known, counted or not', () => {
    for (const isCounted of [true, false]) {
      const host = new Host(isCounted);
      assert.equal(host.use, null);
      host.seconds(20, 0.5, 0.25);
      assert.deepEqual(host.use, { cores: 0.75, oursCores: 0.25, outsideCores: 0.5 });
    }
  });
});
