// When a series of counts is trusted to measure the whole task, and the time it leaves.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { countOf, type Reading } from './reading.ts';
import { foldOutput, foldProgressFile, NO_PROGRESS, type ProgressState, timeLeft } from './state.ts';
import { follow, NO_TREND, timeLeftOf } from './trend.ts';

const S = 1000;

/** One count every ten seconds. */
function after(
  counts: readonly (readonly [number, number])[],
  phase?: string,
): ReturnType<typeof timeLeftOf> {
  let trend = NO_TREND;
  for (const [n, [done, total]] of counts.entries()) {
    const reading: Reading = { count: countOf(done, total), ...(phase === undefined ? {} : { phase }) };
    trend = follow(trend, reading, n * 10 * S);
  }
  return timeLeftOf(trend, (counts.length - 1) * 10 * S);
}
const steady = (total: number, ...done: number[]) => done.map((n) => [n, total] as const);

describe('a trend', () => {
  it('at an even pace leaves the rest at that pace, without a spread', () =>
    assert.deepEqual(after(steady(20, 1, 2, 3, 4, 5)), { p50Ms: 150 * S, p90Ms: 150 * S }));

  it('at an uneven pace spreads to the pace of its slowest step', () =>
    // 12 items in 40 s, the slowest step is 1 item in 10 s.
    assert.deepEqual(after(steady(25, 1, 2, 5, 9, 13)), { p50Ms: 40 * S, p90Ms: 120 * S }));

  const NOT_TRUSTED: [string, ReturnType<typeof after>][] = [
    ['falls', after(steady(20, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9))],
    ['restarts with each phase', after(steady(6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5))],
    ['changes its total', after([...steady(9, 1, 2, 3, 4), ...steady(90, 10, 11, 12, 13, 14, 15)])],
    ['counts within an epoch', after(steady(20, 1, 2, 3, 4, 5), 'Epoch 2/10')],
    ['counts within a numbered phase', after(steady(20, 2, 3, 4, 5, 6), 'step 1/3')],
    ['is too short', after(steady(20, 1, 2, 3, 4))],
    ['has hardly begun', after(steady(1000, 1, 2, 3, 4, 5, 6))],
    ['has reached its end while the task still runs', after(steady(5, 1, 2, 3, 4, 5))],
  ];
  for (const [what, left] of NOT_TRUSTED) it(`that ${what} is not trusted`, () => assert.equal(left, null));

  it('that counts the epochs themselves is trusted', () => {
    let trend = NO_TREND;
    for (let n = 1; n <= 6; n += 1)
      trend = follow(trend, { count: countOf(n, 10), phase: `Epoch ${n}/10` }, n * 10 * S);
    assert.equal(timeLeftOf(trend, 60 * S)?.p50Ms, 40 * S);
  });

  it('is not trusted past the end that it predicted', () => {
    let trend = NO_TREND;
    for (let n = 1; n <= 5; n += 1) trend = follow(trend, { count: countOf(n, 10) }, n * 10 * S);
    assert.equal(timeLeftOf(trend, 99 * S)?.p50Ms, S);
    assert.equal(timeLeftOf(trend, 100 * S), null);
  });

  it('stays bounded, covers the whole run, and never gives a p90 before the p50', () => {
    const anySteps = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 9000 })), { maxLength: 300 });
    fc.assert(
      fc.property(anySteps, (steps) => {
        let trend = NO_TREND;
        let [done, atMs] = [0, 0];
        for (const [gained, tookMs] of steps) {
          done += gained;
          atMs += tookMs;
          trend = follow(trend, { count: countOf(done, 5000) }, atMs);
        }
        assert.ok(trend.points.length <= 32);
        const left = timeLeftOf(trend, atMs);
        if (left !== null) assert.ok(left.p50Ms > 0 && Number(left.p90Ms) >= left.p50Ms);
      }),
    );
  });
});

describe('the time left of a task', () => {
  const print = (lines: readonly string[]) =>
    lines.reduce((state, line, n) => foldOutput(state, `${line}\n`, n * 10 * S), NO_PROGRESS);
  const report = (fields: readonly object[]) =>
    fields.reduce<ProgressState>(
      (state, line, n) => foldProgressFile(state, `${JSON.stringify(line)}\n`, n * 10 * S),
      NO_PROGRESS,
    );
  const of10 = [1, 2, 3, 4, 5];

  it('follows from the counts of its output', () =>
    assert.equal(timeLeft(print(of10.map((n) => `[${n}/10] x`)), 40 * S)?.p50Ms, 50 * S));

  it('does not follow from an ETA that a program prints', () =>
    assert.equal(timeLeft(print(['ETA 90s', 'ETA 80s']), 10 * S), null));

  it('does not follow from bars within an epoch', () => {
    const bars = of10.map((n) => `${n}/10 [===>......] - ETA: 9s`);
    assert.equal(timeLeft(print(['Epoch 1/30', ...bars]), 50 * S), null);
  });

  it('is what the task reports itself, while that has not passed', () => {
    const state = report([{ done: 1, total: 10, eta_s: 90 }]);
    assert.deepEqual(timeLeft(state, 30 * S), { p50Ms: 60 * S, p90Ms: null });
    assert.equal(timeLeft(state, 90 * S), null);
  });

  it('follows from reported counts, and from no output next to them', () => {
    const state = report(of10.map((done) => ({ done, total: 10 })));
    assert.equal(timeLeft(state, 40 * S)?.p50Ms, 50 * S);
    const back = foldProgressFile(state, '{"done":0}\n', 50 * S);
    assert.equal(timeLeft(back, 50 * S), null);
  });
});
