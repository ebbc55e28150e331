// Properties of pressure, for any course of the host and its tasks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB, MIB, taskId } from '../../test/support/build/build-task.ts';
import {
  aTaskUse,
  HOST_BYTES,
  Host,
  type HostStep,
  PRESSURE_RULES,
} from '../../test/support/rigs/pressure-rig.ts';
import type { PressureKill } from './pressure.ts';
import type { TaskUse } from './shortage.ts';
import { RELIEF_SHARE } from './victim.ts';

const upTo = (maxBytes: number) => fc.integer({ min: 0, max: maxBytes / MIB }).map((mib) => mib * MIB);
const anyTask = (n: number): fc.Arbitrary<TaskUse> =>
  fc
    .record({
      memBytes: fc.oneof(upTo(40 * GIB), upTo(2 * GIB)),
      estimatedMemBytes: upTo(20 * GIB),
      writtenBytes: fc.option(upTo(10 * GIB)),
      endingMs: fc.constantFrom(null, null, null, null, 500, 40_000),
    })
    .map((changes) => aTaskUse(taskId(n), changes));
const anyTasks = fc
  .nat({ max: 6 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => anyTask(n))));

interface Stretch {
  readonly seconds: number;
  readonly step: HostStep;
  readonly tasks: readonly TaskUse[];
}
/** A host that stays as it is for a while, then is another; `step.ms` is the step into it. */
const anyCourse: fc.Arbitrary<Stretch[]> = fc.noBias(
  fc.array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 80 }),
      step: fc.record({
        ms: fc.constantFrom(1000, 1000, 1000, 200, 3_900, 120_000),
        usedPct: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 71, max: 85 })),
        memFullAvg10Pct: fc.constantFrom(null, 0, 59, 61, 100),
        diskGrownBytes: fc.constantFrom(0, 0, GIB),
      }),
      tasks: anyTasks,
    }),
    { maxLength: 8 },
  ),
);
const RUNS = { numRuns: 600 };

interface Kill {
  readonly kill: PressureKill;
  readonly tasks: readonly TaskUse[];
  /** Unbroken time over one of the limits, by an independent count. */
  readonly overMs: number;
  readonly sinceLastMs: number;
}

function kills(course: readonly Stretch[], rules = PRESSURE_RULES): Kill[] {
  const host = new Host({ tasks: [], rules, diskUsedPct: 97.5 });
  const found: Kill[] = [];
  let overMs: number | null = null;
  let sinceLastMs = Number.POSITIVE_INFINITY;
  for (const { seconds, step, tasks } of course)
    for (let n = 0; n < seconds; n += 1) {
      const stepMs = n === 0 ? (step.ms ?? 1000) : 1000;
      host.tasks = tasks;
      host.step({ ...step, ms: stepMs });
      const isOver = (step.usedPct ?? 0) > 70 || (step.memFullAvg10Pct ?? 0) > 60;
      const isGap = stepMs > rules.gapMs;
      overMs = !isOver ? null : overMs === null ? 0 : overMs + (isGap ? 0 : stepMs);
      sinceLastMs += stepMs;
      for (const kill of host.kills.splice(0)) {
        if (kill.reason !== 'system_mem_pressure') continue;
        found.push({ kill, tasks, overMs: overMs ?? -1, sinceLastMs });
        sinceLastMs = 0;
      }
    }
  return found;
}

const total = (tasks: readonly TaskUse[]) => tasks.reduce((sum, { memBytes }) => sum + memBytes, 0);
const isAbove = ({ memBytes, estimatedMemBytes }: TaskUse) => memBytes > estimatedMemBytes;

describe('pressure', () => {
  it('kills only after its full window, never twice within the cool-down, and with matching numbers', () => {
    let seen = 0;
    fc.assert(
      fc.property(anyCourse, (course) => {
        for (const { kill, tasks, overMs, sinceLastMs } of kills(course)) {
          const { detail } = kill;
          const number = (key: string) => Number(detail[key] ?? 0);
          seen += 1;
          assert.ok(overMs >= PRESSURE_RULES.windowMs && sinceLastMs >= PRESSURE_RULES.cooldownMs);
          assert.ok(number('sustained_s') * 1000 >= PRESSURE_RULES.windowMs - 500);
          assert.ok(
            number('host_mem_pct') > number('limit_pct') ||
              number('psi_mem_full_avg10_pct') > number('psi_limit_pct'),
          );
          assert.ok(number('excess_bytes') > 0 && number('our_mem_bytes') === total(tasks));
        }
      }),
      RUNS,
    );
    assert.ok(seen > 500, `only ${seen} kills seen`);
  });

  it('never takes a task within its estimate while one above it would relieve the host', () => {
    fc.assert(
      fc.property(anyCourse, (course) => {
        for (const { kill, tasks } of kills(course)) {
          const victim = tasks.find(({ id }) => id === kill.id);
          assert.ok(victim !== undefined && victim.endingMs === null);
          const excessBytes = Number(kill.detail.excess_bytes);
          const better = tasks.some(
            (task) => task.endingMs === null && isAbove(task) && task.memBytes >= RELIEF_SHARE * excessBytes,
          );
          assert.ok(isAbove(victim) || !better);
        }
      }),
      RUNS,
    );
  });

  it('kills no task for a cause outside', () => {
    const external = anyCourse.map((course) =>
      course.map(({ tasks, step, ...rest }) => {
        const usedPct = Math.max(step.usedPct ?? 0, 75);
        const excessBytes = (HOST_BYTES * (usedPct - 70)) / 100;
        // All tasks together use less than the excess.
        const share = Math.min(1, (0.99 * excessBytes) / Math.max(1, total(tasks)));
        const shrunk = tasks.map((task) => ({
          ...task,
          endingMs: null,
          memBytes: Math.floor(task.memBytes * share),
        }));
        return { ...rest, step: { ...step, usedPct, memFullAvg10Pct: null }, tasks: shrunk };
      }),
    );
    fc.assert(
      fc.property(external, (course) => assert.deepEqual(kills(course), [])),
      RUNS,
    );
  });

  it('kills no task in a dry run', () => {
    fc.assert(
      fc.property(anyCourse, (course) =>
        assert.deepEqual(kills(course, { ...PRESSURE_RULES, dryRun: true }), []),
      ),
      RUNS,
    );
  });

  it('begins and ends in turn', () => {
    fc.assert(
      fc.property(anyCourse, (course) => {
        const host = new Host({ tasks: [], diskUsedPct: 97.5 });
        for (const { seconds, step } of course) host.steps(seconds, step);
        for (const dim of ['mem', 'disk']) {
          const turns = host
            .reported()
            .filter((event) => event.endsWith(`ed:${dim}`) || event.endsWith(`an:${dim}`));
          assert.deepEqual(
            turns,
            turns.map((_, n) => (n % 2 === 0 ? `pressure_began:${dim}` : `pressure_ended:${dim}`)),
          );
        }
      }),
      RUNS,
    );
  });
});
