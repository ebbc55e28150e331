// Properties of the judge, for any task and any samples.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB } from '../../test/support/build/build-task.ts';
import { GAP_RULES, RULES, type Step, SUBJECT, subject, Watch } from '../../test/support/rigs/watch-rig.ts';

/** Evenly spread; `fc.double` prefers the tiny. */
const upTo = (max: number) => fc.integer({ min: 0, max: 10_000 }).map((part) => (max * part) / 10_000);
const anyStep: fc.Arbitrary<Step> = fc.record({
  ms: fc.integer({ min: 0, max: 90_000 }),
  memBytes: fc.oneof(upTo(4 * GIB), upTo(20 * GIB)).map(Math.floor),
  cores: fc.oneof(upTo(4), upTo(20)),
  prints: fc.constantFrom(0, 0, 80),
  oomKills: fc.constantFrom(0, 0, 0, 0, 1),
  refusedForks: fc.constantFrom(0, 0, 1),
});
const anySteps = fc.array(anyStep, { maxLength: 60 });
const anyRules = fc
  .record({ driverCapsMem: fc.boolean(), gapMs: fc.constantFrom(RULES.gapMs, GAP_RULES.gapMs) })
  .map((changes) => ({ ...RULES, ...changes }));
/** A task that stays as it is for a while, then is another; with gaps and pauses in between. */
const anyCourse = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 60 }),
    step: anyStep,
    isPaused: fc.constantFrom(false, false, false, true),
  }),
  { maxLength: 8 },
);
const stepsOf = (course: readonly { count: number; step: Step; isPaused: boolean }[]): Step[] =>
  course.flatMap(({ count, step, isPaused }) =>
    Array.from({ length: count }, (_, n) => ({
      ...step,
      ms: n === 0 ? (step.ms ?? 0) : (step.ms ?? 0) % 2_000,
      oomKills: 0,
      ...(isPaused ? { paused: true, cores: 0, prints: 0, refusedForks: 0 } : {}),
    })),
  );

describe('the judge', () => {
  it('neither warns nor kills a task within its estimates', () => {
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
        assert.deepEqual([watch.reported(), watch.kill], [[], null]);
      }),
    );
  });

  it('uses the monotonic clock only: the wall clock may jump by years', () => {
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
        const risks = watch.reported().filter((event) => event.startsWith('runaway_risk'));
        assert.equal(new Set(risks).size, risks.length);
      }),
    );
  });

  it('kills for the estimate only after a warning of the same dimension', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const watch = new Watch(subject({ limits: { observabilityMs: 0, killTimeoutMs: 1e11 } }));
        for (const step of steps) {
          const reason = watch.step({ ...step, oomKills: 0 }).kill?.reason;
          if (reason === 'estimated_mem_exceeded') assert.ok(watch.reported().includes('runaway_risk:mem'));
          if (reason === 'estimated_cpu_exceeded') assert.ok(watch.reported().includes('runaway_risk:cpu'));
        }
      }),
    );
  });

  it('returns the time of the next rule to the millisecond', () => {
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
          const events = watch.events.length;
          const verdict = watch.step({ ms: dueInMs });
          assert.ok(watch.events.length > events || verdict.kill !== null, 'nothing fired');
          dueInMs = verdict.dueInMs;
          rules += 1;
          assert.ok(rules <= 4);
        }
        assert.ok(watch.state.elapsedMs > Math.max(timeMs, limits.killTimeoutMs, limits.observabilityMs));
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
          ahead.state = { ...watch.state, lastMonoMs: 5_000, outputBytes: 0 };
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

  it('never kills a task within its estimates, whatever the gaps and pauses', () => {
    const within = fc.array(
      fc.record({
        ms: fc.oneof(fc.integer({ min: 500, max: 2_000 }), fc.integer({ min: 0, max: 1e9 })),
        memBytes: upTo(4 * GIB).map(Math.floor),
        cores: upTo(4),
        prints: fc.constantFrom(0, 0, 0, 1),
        paused: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 100, maxLength: 200 },
    );
    // Two hundred steps of two seconds, at most: silence of a task that is watched all the time stays below its interval.
    const patient = subject({
      estimate: { timeMs: 1e12 },
      limits: { killTimeoutMs: 2e12, observabilityMs: 2_500_000 },
    });
    fc.assert(
      fc.property(within, fc.boolean(), (steps, driverCapsMem) => {
        const watch = new Watch(patient, { rules: { ...GAP_RULES, driverCapsMem } });
        for (const step of steps) watch.step(step);
        assert.equal(watch.kill, null);
        assert.ok(watch.reported().every((event) => event === 'stall_risk'));
      }),
      { numRuns: 3_000 },
    );
  });

  it('kills by time only after the full window of an independent count, with numbers that satisfy the rule', () => {
    let seen = 0;
    fc.assert(
      fc.property(anyCourse, (course) => {
        const watch = new Watch(SUBJECT, { rules: GAP_RULES });
        const beside = { elapsed: 0, silent: 0, mem: 0, cpu: 0 };
        const grow = (dim: 'mem' | 'cpu', holds: boolean, ms: number) => {
          beside[dim] = holds ? beside[dim] + ms : 0;
        };
        for (const step of stepsOf(course)) {
          const { kill } = watch.step(step);
          const ms = step.ms ?? 0;
          if (!step.paused) {
            beside.elapsed += ms;
            beside.silent = step.prints ? 0 : beside.silent + ms;
            grow('mem', (step.memBytes ?? 0) > 8 * GIB, ms);
            grow('cpu', (watch.state.cpu.cores ?? 99) > 8, ms);
          }
          if (kill === null) continue;
          seen += 1;
          const number = (key: string) => Number(kill.detail[key]);
          switch (kill.reason) {
            case 'estimated_mem_exceeded':
              assert.ok(beside.mem >= 30_000 && number('mem_bytes') > 2 * number('estimated_mem_bytes'));
              assert.ok(number('sustained_ms') >= 30_000 && number('peak_mem_bytes') >= number('mem_bytes'));
              break;
            case 'estimated_cpu_exceeded':
              assert.ok(beside.cpu >= 30_000 && number('sustained_ms') >= 30_000);
              assert.ok(number('cpu_cores') >= 2 * number('estimated_cpu_cores'));
              break;
            case 'elapsed_exceeded':
              assert.ok(beside.elapsed > 1_200_000 && number('elapsed_ms') > number('kill_timeout_ms'));
              break;
            case 'observability_stall':
              assert.ok(beside.silent > 300_000 && number('silent_ms') > number('observability_interval_ms'));
              assert.ok(watch.reported().includes('stall_risk'));
              break;
            case 'pids_exceeded':
              assert.ok(number('refused_forks') > 0);
              break;
            default:
              assert.fail(`${kill.reason} is not a rule of time`);
          }
          return;
        }
      }),
      { numRuns: 1_500 },
    );
    assert.ok(seen > 500, `only ${seen} kills seen`);
  });

  it('in a dry run kills nothing, and reports each kill at the same sample', () => {
    fc.assert(
      fc.property(anySteps, anyRules, (steps, rules) => {
        const wet = new Watch(SUBJECT, { rules });
        const dry = new Watch(SUBJECT, { rules: { ...rules, dryRun: true } });
        for (const step of steps) {
          wet.step(step);
          dry.step(step);
          assert.equal(dry.kill, null);
          assert.deepEqual(dry.wouldKill[0] ?? null, wet.kill);
        }
        assert.equal(new Set(dry.wouldKill.map(({ reason }) => reason)).size, dry.wouldKill.length);
      }),
    );
  });
});
