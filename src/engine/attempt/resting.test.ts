// Samples at rest that the judge does not see: its verdicts, their times and the state stay as if it had seen them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB, runningTask } from '../../../test/support/build/build-task.ts';
import { GAP_RULES, type Step, subject, Watch } from '../../../test/support/rigs/watch-rig.ts';
import type { Verdict } from '../../watchdog/judge.ts';
import { restAfter } from '../../watchdog/rest.ts';
import { Resting } from './resting.ts';

const TASK = runningTask();
const TIMES = { estimate: { timeMs: 70_000 }, limits: { killTimeoutMs: 140_000, observabilityMs: 90_000 } };
const SLEEP: Step = { cores: 0, prints: 0, memBytes: GIB, ioBytes: null };

/** Watches as the engine does. */
class RestingWatch extends Watch {
  readonly resting = new Resting();
  passedOver = 0;

  pass(step: Step): Verdict {
    if (step.paused) {
      this.state = this.resting.upToDate(this.state);
      return this.step(step);
    }
    const sample = this.sample(step);
    const dueInMs = this.resting.passOver(this.state, TASK, sample, GAP_RULES.gapMs);
    if (dueInMs !== null) {
      this.passedOver += 1;
      return { state: this.state, events: [], kill: null, wouldKill: null, dueInMs, isGap: false };
    }
    this.state = this.resting.upToDate(this.state);
    const verdict = this.judge(sample);
    const rest = restAfter(verdict, sample);
    if (rest !== null) this.resting.begin(rest, TASK);
    return verdict;
  }
}

/** Runs both over the steps, and compares them at each. */
function passedOver(steps: readonly Step[], changes = TIMES): number {
  const rules = GAP_RULES;
  const judged = new Watch(subject(changes), { rules });
  const rested = new RestingWatch(subject(changes), { rules });
  for (const step of steps) {
    const [expected, found] = [judged.step(step), rested.pass(step)];
    assert.deepEqual(found.events, expected.events);
    assert.deepEqual(found.kill, expected.kill);
    assert.equal(found.dueInMs ?? Number.POSITIVE_INFINITY, expected.dueInMs ?? Number.POSITIVE_INFINITY);
    const [state, { state: exact }] = [rested.resting.upToDate(rested.state), judged];
    const { elapsedMs, silentMs, memOverMs, peakMemBytes, lastMonoMs, starvedMs } = exact;
    const [cores, exactCores] = [state.smoothCpuCores, exact.smoothCpuCores];
    assert.ok(Math.abs(cores - exactCores) < 1e-9, `${cores} ${exactCores}`);
    const { meanCores, coveredCores } = exact.cpuTrail;
    assert.deepEqual(
      { elapsedMs, silentMs, memOverMs, peakMemBytes, lastMonoMs, starvedMs, meanCores, coveredCores },
      {
        elapsedMs: state.elapsedMs,
        silentMs: state.silentMs,
        memOverMs: state.memOverMs,
        peakMemBytes: state.peakMemBytes,
        lastMonoMs: state.lastMonoMs,
        starvedMs: state.starvedMs,
        meanCores: state.cpuTrail.meanCores,
        coveredCores: state.cpuTrail.coveredCores,
      },
    );
    assert.equal(rested.resting.restedMs(rested.state), exact.lastMonoMs - rested.state.lastMonoMs);
  }
  return rested.passedOver;
}

describe('an attempt at rest', () => {
  const sleep = (count: number, changes: Step = {}) =>
    Array.from({ length: count }, () => ({ ...SLEEP, ...changes }));

  it('is passed over from 15 s on, and each rule of time still finds it', () => {
    const steps = sleep(150);
    assert.equal(passedOver(steps.slice(0, 15)), 0);
    const count = passedOver(steps.slice(0, 90));
    // The warnings at 70 s and 72 s, and the kill at 90 s, are judged.
    assert.ok(count > 60, String(count));
  });

  const WAKES: [what: string, step: Step][] = [
    ['uses CPU time', { cores: 0.5 }],
    ['prints', { prints: 10 }],
    ['takes memory', { memBytes: 3 * GIB }],
    ['gives memory back', { memBytes: GIB / 2 }],
    ['is killed by the kernel', { oomKills: 1 }],
    ['forks in vain', { refusedForks: 1 }],
    ['is paused', { paused: true }],
    ['leaves a process behind', { strays: [{ pid: 7, name: 'x', cgroup: '/' }] }],
    ['waits for the CPU', { demand: { readyCores: 1, gotCores: 0 } }],
    ['is read for its I/O', { ioBytes: 4096 }],
    ['was not seen for a while', { ms: 30_000 }],
  ];
  for (const [what, step] of WAKES)
    it(`is judged when it ${what}`, () => {
      assert.ok(passedOver([...sleep(40), { ...SLEEP, ...step }, ...sleep(60)]) > 20);
    });

  it('is judged after its task has changed', () => {
    const watch = new RestingWatch(subject(TIMES), { rules: GAP_RULES });
    for (const step of sleep(40)) watch.pass(step);
    const [sample, changed] = [watch.sample(SLEEP), runningTask()];
    assert.equal(watch.resting.passOver(watch.state, changed, sample, GAP_RULES.gapMs), null);
    assert.ok((watch.resting.passOver(watch.state, TASK, sample, GAP_RULES.gapMs) ?? 0) > 0);
  });

  it('is judged when the state of its rest was not kept', () => {
    const watch = new RestingWatch(subject(TIMES), { rules: GAP_RULES });
    for (const step of sleep(40)) watch.pass(step);
    const [sample, other] = [watch.sample(SLEEP), { ...watch.state }];
    assert.equal(watch.resting.passOver(other, TASK, sample, GAP_RULES.gapMs), null);
    assert.equal(watch.resting.upToDate(other), other);
  });

  it('has the same verdicts and the same state after any course', () => {
    const course = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 40 }),
        // At shorter intervals the rate of the next sample may begin at another moment.
        ms: fc.constantFrom(500, 999, 1000, 2000),
        first: fc.constantFrom<Step[]>({}, ...WAKES.map(([, step]) => step)),
        rest: fc.constantFrom<Step[]>({}, {}, {}, { cores: 0.1 }, { prints: 1 }, { memBytes: 9 * GIB }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(course, (parts) => {
        const steps = parts.flatMap(({ count, ms, first, rest }) => [
          { ...SLEEP, ms, ...rest, ...first },
          ...sleep(count, { ms, ...rest }),
        ]);
        passedOver(steps);
        passedOver(steps, { estimate: { timeMs: 5e5 }, limits: { killTimeoutMs: 1e6, observabilityMs: 0 } });
      }),
    );
  });
});
