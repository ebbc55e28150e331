// Which tasks are limited to their CPU estimate on a busy host, and when they are free again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { taskId } from '../../test/support/build/build-task.ts';
import type { UnthrottleCause } from '../core/events.ts';
import type { TaskId } from '../core/task.ts';
import {
  type HostCpuTrail,
  judgeThrottles,
  type TaskCpu,
  type ThrottleRules,
  throttledDetails,
} from './throttle.ts';

const [A, B] = [taskId(1), taskId(2)];
const RULES: ThrottleRules = {
  maxSysCpuPct: 95,
  windowMs: 30_000,
  cores: 8,
  driverCapsCpu: true,
  dryRun: false,
};

interface Demand {
  readonly cores: number;
  readonly estimatedCores: number;
}

/** A host whose tasks take what they want, at most their limit; `outside` is the use of everything else. */
class Host {
  outside: number;
  readonly throttled: TaskId[] = [];
  readonly freed: { id: TaskId; cause: UnthrottleCause }[] = [];
  tasks: readonly TaskCpu[];
  readonly #demands: Map<TaskId, Demand>;
  readonly #rules: ThrottleRules;
  #trail: HostCpuTrail = [];
  #monoMs = 1000;
  #busyTicks = 0;
  #totalTicks = 0;

  constructor(demands: readonly [TaskId, Demand][], outside: number, rules: Partial<ThrottleRules> = {}) {
    this.#demands = new Map(demands);
    this.outside = outside;
    this.#rules = { ...RULES, ...rules };
    this.tasks = demands.map(([id, demand]) => ({ id, ...demand, throttle: null }));
  }

  get hostCores(): number {
    return this.tasks.reduce((sum, { cores }) => sum + cores, this.outside);
  }

  demand(id: TaskId, demand: Demand): void {
    this.#demands.set(id, demand);
  }

  seconds(count: number): this {
    for (let n = 0; n < count; n += 1) this.#second();
    return this;
  }

  #second(): void {
    this.#use();
    this.#monoMs += 1000;
    this.#busyTicks += 100 * Math.min(this.#rules.cores, this.hostCores);
    this.#totalTicks += 100 * this.#rules.cores;
    const reading = { monoMs: this.#monoMs, busyTicks: this.#busyTicks, totalTicks: this.#totalTicks };
    const { trail, throttle, free } = judgeThrottles(this.#rules, this.#trail, reading, this.tasks);
    this.#trail = trail;
    this.throttled.push(...throttle.map(({ id }) => id));
    this.freed.push(...free);
    const at = this.#monoMs;
    this.tasks = this.tasks.map((task) => {
      if (throttle.includes(task)) return { ...task, throttle: { at, fromCores: task.cores } };
      return free.some(({ id }) => id === task.id) ? { ...task, throttle: null } : task;
    });
    this.#use();
  }

  #use(): void {
    this.tasks = this.tasks.map((task) => {
      const demand = this.#demands.get(task.id) ?? assert.fail();
      const cores = task.throttle === null ? demand.cores : Math.min(demand.cores, demand.estimatedCores);
      return { ...task, ...demand, cores };
    });
  }
}

describe('a throttle', () => {
  const greedy = { cores: 4, estimatedCores: 1 };
  const LEFT_ALONE: [string, Host][] = [
    ['a host below its limit', new Host([[A, greedy]], 3.5)],
    ['a task within its estimate', new Host([[A, { cores: 4, estimatedCores: 4 }]], 4)],
    ['a task a little above its estimate', new Host([[A, { cores: 1.2, estimatedCores: 1 }]], 7)],
    ['a use that does not matter', new Host([[A, { cores: 0.02, estimatedCores: 0.01 }]], 8)],
    ['tasks that are not the cause', new Host([[A, { cores: 0.3, estimatedCores: 0.1 }]], 7.9)],
    ['every task in a dry run', new Host([[A, greedy]], 4, { dryRun: true })],
    ['every task where nothing caps the CPU', new Host([[A, greedy]], 4, { driverCapsCpu: false })],
    ['every task at a limit of 100 %', new Host([[A, greedy]], 4, { maxSysCpuPct: 100 })],
  ];
  for (const [what, host] of LEFT_ALONE)
    it(`leaves ${what} alone`, () => assert.deepEqual(host.seconds(120).throttled, []));

  it('begins when the mean of the window is above the limit, for all tasks above their estimate at once', () => {
    const host = new Host(
      [
        [A, greedy],
        [B, { cores: 2, estimatedCores: 1 }],
      ],
      4,
    ).seconds(30);
    assert.deepEqual(host.throttled, []);
    assert.deepEqual(host.seconds(1).throttled, [A, B]);
  });

  it('is not repeated while it helps, and lasts as long as the room is missing', () => {
    const host = new Host([[A, greedy]], 4).seconds(300);
    assert.deepEqual([host.throttled, host.freed], [[A], []]);
  });

  it('ends after five seconds with room for what the task used before', () => {
    const host = new Host([[A, greedy]], 4).seconds(31);
    host.outside = 3;
    assert.deepEqual(host.seconds(4).freed, []);
    assert.deepEqual(host.seconds(2).freed, [{ id: A, cause: 'room' }]);
    assert.deepEqual(host.seconds(120).throttled, [A]);
  });

  it('ends for one task at a time, the first that was throttled first', () => {
    const host = new Host(
      [
        [A, greedy],
        [B, { cores: 1, estimatedCores: 1 }],
      ],
      4,
    ).seconds(31);
    host.demand(B, { cores: 3, estimatedCores: 1 });
    host.seconds(31);
    assert.deepEqual(host.throttled, [A, B]);
    host.outside = 0;
    assert.deepEqual(
      host.seconds(6).freed.map(({ id }) => id),
      [A],
    );
    assert.deepEqual(
      host.seconds(6).freed.map(({ id }) => id),
      [A, B],
    );
  });

  it('ends after an idle window when the task alone is above the limit', () => {
    const host = new Host([[A, { cores: 8, estimatedCores: 1 }]], 1).seconds(31);
    assert.deepEqual(host.seconds(60).freed, []);
    host.outside = 0.2;
    assert.deepEqual(host.seconds(31).freed, [{ id: A, cause: 'room' }]);
  });

  it('ends at once when the estimate is raised, and does not return', () => {
    const host = new Host([[A, greedy]], 4).seconds(31);
    host.demand(A, { cores: 4, estimatedCores: 4 });
    assert.deepEqual(host.seconds(1).freed, [{ id: A, cause: 'within_estimate' }]);
    assert.deepEqual(host.seconds(120).throttled, [A]);
  });

  it('does nothing without readings of the host', () => {
    const task: TaskCpu = { id: A, ...greedy, throttle: { at: 1, fromCores: 4 } };
    const { trail, throttle, free } = judgeThrottles(RULES, [], null, [task]);
    assert.deepEqual([trail, throttle, free], [[], [], []]);
  });

  it('names the command that raises the estimate, within the cap', () => {
    const task: TaskCpu = { id: A, ...greedy, throttle: null };
    const { hint, ...rest } = throttledDetails(RULES, { name: 'build', cpuMaxCores: 3.333 }, task, 97.46);
    assert.match(hint, /Nothing is killed for this/);
    assert.deepEqual(rest, {
      cpu_cores: 4,
      estimated_cpu_cores: 1,
      host_cpu_pct: 97.5,
      limit_pct: 95,
      suggested_command: 'babysit adjust build --estimated_cpu_cores=3.33 --force',
    });
  });

  it('suggests one core for one thread', () => {
    const thread: TaskCpu = { id: A, cores: 0.98, estimatedCores: 0.5, throttle: null };
    const { suggested_command } = throttledDetails(RULES, { name: 'build', cpuMaxCores: 1.5 }, thread, 97);
    assert.equal(suggested_command, 'babysit adjust build --estimated_cpu_cores=1 --force');
  });
});

const anyDemand = fc.record({
  cores: fc.integer({ min: 0, max: 80 }).map((tenths) => tenths / 10),
  estimatedCores: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10),
});

describe('any course of a host', () => {
  it('throttles only tasks above their estimate, and frees all of them when the host is idle', () => {
    let seen = 0;
    fc.assert(
      fc.property(
        anyDemand,
        anyDemand,
        fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 4 }),
        (a, b, course) => {
          const host = new Host(
            [
              [A, a],
              [B, b],
            ],
            0,
          );
          for (const outside of course) {
            host.outside = outside;
            host.seconds(40);
          }
          for (const id of host.throttled) {
            const { cores, estimatedCores } = id === A ? a : b;
            assert.ok(cores > estimatedCores);
            seen += 1;
          }
          host.outside = 0;
          host.demand(A, { ...a, cores: 0 });
          host.demand(B, { ...b, cores: 0 });
          host.seconds(70);
          assert.deepEqual(
            host.tasks.filter(({ throttle }) => throttle !== null),
            [],
          );
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(seen > 50, `only ${seen} throttles seen`);
  });
});
