// Tasks that grow above their estimate on a host short of memory: which is frozen, when it thaws, and when one is killed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB, MIB, taskId } from '../../test/support/build/build-task.ts';
import { aTaskUse, Host, PRESSURE_RULES } from '../../test/support/rigs/pressure-rig.ts';
import { heldDetails } from './hold.ts';
import type { TaskUse } from './shortage.ts';

const [A, B, C] = [taskId(1), taskId(2), taskId(3)];
const grower = (id: typeof A, growthBytesPerS = GIB, changes: Partial<TaskUse> = {}) =>
  aTaskUse(id, { memBytes: 20 * GIB, estimatedMemBytes: 4 * GIB, growthBytesPerS, ...changes });

describe('a hold', () => {
  it('freezes the fastest grower at the first sample, the next at the next', () => {
    const host = new Host({ tasks: [grower(A), grower(B, 2 * GIB), grower(C, 0)] });
    assert.deepEqual(host.step({ usedPct: 80 }).holds, [B]);
    assert.deepEqual(host.steps(5, { usedPct: 80 }).holds, [B, A]);
  });

  it('freezes all growers at once when little of the reserve is left', () => {
    const rules = { ...PRESSURE_RULES, memReserveBytes: 25 * GIB };
    const host = new Host({ tasks: [grower(A), grower(B, 2 * GIB)], rules });
    assert.deepEqual(host.step({ usedPct: 90 }).holds, [B, A]);
  });

  const LEFT_ALONE: Record<string, Partial<TaskUse>> = {
    'a task within its estimate': { estimatedMemBytes: 30 * GIB },
    'a task that does not grow': { growthBytesPerS: 0 },
    'growth that does not matter': { growthBytesPerS: MIB },
    'a task that is being killed': { endingMs: 500 },
  };
  for (const [what, changes] of Object.entries(LEFT_ALONE))
    it(`leaves ${what} alone`, () => {
      const host = new Host({ tasks: [grower(A, GIB, changes), aTaskUse(B, { memBytes: 20 * GIB })] });
      assert.deepEqual(host.steps(20, { usedPct: 80 }).holds, []);
    });

  it('leaves all tasks alone when the cause is outside, in a dry run, and with the window 0', () => {
    const outside = new Host({ tasks: [grower(A, GIB, { memBytes: 5 * GIB })] });
    assert.deepEqual(outside.steps(60, { usedPct: 90 }).holds, []);
    for (const changes of [{ dryRun: true }, { holdWindowMs: 0 }]) {
      const host = new Host({ tasks: [grower(A)], rules: { ...PRESSURE_RULES, ...changes } });
      host.steps(31, { usedPct: 80 });
      assert.deepEqual(host.holds, []);
      assert.equal(host.kills.length + host.wouldKill.length, 1);
    }
  });

  it('delays the kill until it has lasted its window', () => {
    const rules = { ...PRESSURE_RULES, windowMs: 2_000 };
    const host = new Host({ tasks: [grower(A)], rules }).steps(30, { usedPct: 80 });
    assert.deepEqual([host.holds, host.kills], [[A], []]);
    host.steps(1, { usedPct: 80 });
    assert.deepEqual(
      host.kills.map(({ id, reason }) => [id, reason]),
      [[A, 'system_mem_pressure']],
    );
  });

  it('lets the host do with a quarter of its reserve, and no less', () => {
    const rules = { ...PRESSURE_RULES, memReserveBytes: 24 * GIB };
    const host = new Host({ tasks: [grower(A, GIB, { memBytes: 40 * GIB })], rules });
    assert.deepEqual(host.steps(20, { usedPct: 90 }).kills, []);
    assert.equal(host.steps(4, { usedPct: 95 }).kills[0]?.id, A);
  });

  it('ends one at a time, when the host has been calm for five seconds', () => {
    const host = new Host({ tasks: [grower(A), grower(B, 2 * GIB)] }).steps(2, { usedPct: 80 });
    assert.deepEqual(host.steps(4, { usedPct: 60 }).thaws, []);
    assert.deepEqual(host.steps(1, { usedPct: 60 }).thaws, [{ id: B, cause: 'room' }]);
    host.tasks = host.tasks.map((task) => ({ ...task, growthBytesPerS: 0 }));
    assert.deepEqual(host.steps(5, { usedPct: 60 }).thaws, [
      { id: B, cause: 'room' },
      { id: A, cause: 'room' },
    ]);
  });

  it('ends when the estimate is raised, also while the shortage lasts', () => {
    const host = new Host({ tasks: [grower(A)] }).steps(2, { usedPct: 80 });
    host.tasks = host.tasks.map((task) => ({ ...task, estimatedMemBytes: 30 * GIB }));
    assert.deepEqual(host.steps(5, { usedPct: 80 }).thaws, [{ id: A, cause: 'within_estimate' }]);
    assert.deepEqual(host.holds, [A]);
  });

  it('ends after its window when the shortage has another cause', () => {
    const host = new Host({ tasks: [grower(A, GIB, { memBytes: 8 * GIB })] }).steps(1, { usedPct: 75 });
    assert.deepEqual(host.holds, [A]);
    assert.deepEqual(host.steps(29, { usedPct: 95 }).thaws, []);
    assert.deepEqual(host.steps(9, { usedPct: 95 }).thaws, [{ id: A, cause: 'not_the_cause' }]);
    assert.deepEqual(host.kills, []);
  });

  it('names the command that raises the estimate, and the one that ends the task', () => {
    const detail = { host_mem_pct: 80, limit_pct: 70 };
    const envelope = { name: 'build', memMaxBytes: 40 * GIB };
    const { hint, ...rest } = heldDetails(PRESSURE_RULES, envelope, grower(A), detail);
    assert.match(hint, /babysit kill build\.$/);
    assert.deepEqual(rest, {
      mem_bytes: 20 * GIB,
      estimated_mem_bytes: 4 * GIB,
      growth_bytes_per_s: GIB,
      host_mem_pct: 80,
      limit_pct: 70,
      kill_in_s: 30,
      suggested_command: 'babysit adjust build --estimated_mem_bytes=30G --force',
    });
  });
});

const anyGrower = (n: number) =>
  fc
    .record({
      memBytes: fc.integer({ min: 0, max: 40 }).map((gib) => gib * GIB),
      estimatedMemBytes: fc.integer({ min: 1, max: 20 }).map((gib) => gib * GIB),
      growthBytesPerS: fc.constantFrom(0, MIB, GIB, 3 * GIB),
    })
    .map((changes) => aTaskUse(taskId(n), changes));
const anyHost = fc.record({
  tasks: fc.tuple(anyGrower(1), anyGrower(2), anyGrower(3)),
  use: fc.array(fc.integer({ min: 50, max: 100 }), { minLength: 1, maxLength: 6 }),
});

describe('any course of a host', () => {
  it('holds only tasks above their estimate, kills none while a hold is young, and thaws all when there is room', () => {
    let seen = 0;
    fc.assert(
      fc.property(anyHost, ({ tasks, use }) => {
        const host = new Host({ tasks });
        for (const usedPct of use)
          for (let n = 0; n < 20; n += 1) {
            const before = host.tasks;
            host.step({ usedPct });
            for (const id of host.holds.splice(0)) {
              const task = before.find((one) => one.id === id) ?? assert.fail();
              assert.ok(task.memBytes > task.estimatedMemBytes && usedPct > 70);
              seen += 1;
            }
            const isYoung = host.tasks.some(
              ({ heldMs }) => heldMs !== null && heldMs < PRESSURE_RULES.holdWindowMs,
            );
            assert.ok(!isYoung || host.kills.length === 0);
            host.kills.length = 0;
          }
        host.steps(10, { usedPct: 60 });
        assert.deepEqual(
          host.tasks.filter(({ heldMs }) => heldMs !== null),
          [],
        );
      }),
      { numRuns: 500 },
    );
    assert.ok(seen > 100, `only ${seen} holds seen`);
  });
});
