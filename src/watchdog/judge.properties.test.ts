// What the judge does for every task and every course of samples.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB } from '../../test/support/build-task.ts';
import { RULES, type Step, SUBJECT, subject, Watch } from '../../test/support/watch-rig.ts';

const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true });
const anyStep: fc.Arbitrary<Step> = fc.record({
  ms: fc.integer({ min: 0, max: 90_000 }),
  memBytes: fc.oneof(upTo(4 * GIB), upTo(20 * GIB)).map(Math.floor),
  cores: fc.oneof(upTo(4), upTo(20)),
  prints: fc.constantFrom(0, 0, 80),
  oomKills: fc.constantFrom(0, 0, 0, 0, 1),
  refusedForks: fc.constantFrom(0, 0, 1),
});
const anySteps = fc.array(anyStep, { maxLength: 60 });
const anyRules = fc.boolean().map((driverCapsMem) => ({ ...RULES, driverCapsMem }));

describe('the judge', () => {
  it('leaves a task within its estimates in peace', () => {
    const within = fc.array(
      fc.record({
        ms: fc.integer({ min: 500, max: 60_000 }),
        memBytes: upTo(4 * GIB).map(Math.floor),
        cores: upTo(4),
        prints: fc.constant(1),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(within, anyRules, (steps, rules) => {
        const watch = new Watch(SUBJECT, { rules });
        for (const step of steps) watch.step(step);
        assert.deepEqual([watch.told(), watch.kill], [[], null]);
      }),
    );
  });

  it('counts on the monotonic clock only: the wall clock may jump by years', () => {
    const jumps = fc.array(
      fc.constantFrom(0, 1, -1).map((years) => years * 365 * 86_400_000),
      { minLength: 60, maxLength: 60 },
    );
    fc.assert(
      fc.property(anySteps, jumps, anyRules, (steps, years, rules) => {
        const steady = new Watch(SUBJECT, { rules });
        const jumping = new Watch(SUBJECT, { rules });
        for (const [n, step] of steps.entries())
          assert.deepEqual(jumping.step({ ...step, wallJumpMs: years[n] ?? 0 }), steady.step(step));
      }),
    );
  });

  it('warns of each dimension at most once, and of silence at most once until there is output', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const watch = new Watch();
        let risksOfSilence = 0;
        for (const step of steps) {
          if (step.prints) risksOfSilence = 0;
          risksOfSilence += watch.step(step).events.filter(({ event }) => event === 'stall_risk').length;
          assert.ok(risksOfSilence <= 1);
        }
        const risks = watch.told().filter((event) => event.startsWith('runaway_risk'));
        assert.equal(new Set(risks).size, risks.length);
      }),
    );
  });

  it('kills for the estimate only after a warning of the same dimension', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const watch = new Watch(subject({ limits: { observabilityMs: 0, killTimeoutMs: 1e12 } }));
        for (const step of steps) {
          const reason = watch.step({ ...step, oomKills: 0 }).kill?.reason;
          if (reason === 'estimated_mem_exceeded') assert.ok(watch.told().includes('runaway_risk:mem'));
          if (reason === 'estimated_cpu_exceeded') assert.ok(watch.told().includes('runaway_risk:cpu'));
        }
      }),
    );
  });

  it('names the moment at which the next rule of time fires, not one millisecond late', () => {
    const times = fc.record({
      timeMs: fc.integer({ min: 1, max: 5_000_000 }),
      killTimeoutMs: fc.integer({ min: 1, max: 5_000_000 }),
      observabilityMs: fc.integer({ min: 0, max: 3_000_000 }),
    });
    fc.assert(
      fc.property(times, ({ timeMs, ...limits }) => {
        const watch = new Watch(subject({ estimate: { timeMs }, limits }));
        let { dueInMs } = watch.step({ ms: 0 });
        let rules = 0;
        while (dueInMs !== null) {
          assert.ok(Number.isInteger(dueInMs) && dueInMs > 0);
          const told = watch.events.length;
          const verdict = watch.step({ ms: dueInMs });
          assert.ok(watch.events.length > told || verdict.kill !== null, 'nothing fired');
          dueInMs = verdict.dueInMs;
          rules += 1;
          assert.ok(rules <= 4);
        }
        assert.ok(watch.memory.elapsedMs > Math.max(timeMs, limits.killTimeoutMs, limits.observabilityMs));
      }),
    );
  });

  it('never sleeps past a rule of time', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const watch = new Watch();
        for (const step of steps) {
          const dueInMs = watch.step(step).dueInMs;
          if (dueInMs === null || dueInMs < 2 || watch.kill !== null) continue;
          const ahead = new Watch();
          ahead.memory = { ...watch.memory, lastMonoMs: 5_000, outputBytes: 0 };
          const { events, kill } = ahead.step({ ms: dueInMs - 1 });
          assert.deepEqual(
            [
              events.filter(
                (event) => event.event === 'stall_risk' || ('dim' in event && event.dim === 'elapsed'),
              ),
              kill?.reason === 'elapsed_exceeded' || kill?.reason === 'observability_stall',
            ],
            [[], false],
          );
        }
      }),
    );
  });
});
