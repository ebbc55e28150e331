import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyRun, aRun } from '../../test/support/rigs/learned-runs.ts';
import {
  cpuEstimate,
  kaplanMeierQuantile,
  MEM_LEAST_BYTES,
  memEstimate,
  timeEstimate,
  weightedQuantile,
} from './estimator.ts';
import { forecastTimes } from './predict.ts';

const GIB = 1024 ** 3;
const even = (...values: number[]) => values.map((value) => ({ value, weight: 1 }));
const ends = (...timesMs: number[]) => timesMs.map((timeMs) => ({ timeMs, isCut: false, weight: 1 }));

describe('a weighted quantile', () => {
  it('is the smallest value that reaches the share', () => {
    assert.equal(weightedQuantile(even(4, 1, 3, 2), 0.5), 2);
    assert.equal(weightedQuantile(even(4, 1, 3, 2), 0.75), 3);
    assert.equal(weightedQuantile(even(4, 1, 3, 2), 0.76), 4);
    assert.equal(
      weightedQuantile(
        [
          { value: 1, weight: 9 },
          { value: 2, weight: 1 },
        ],
        0.9,
      ),
      1,
    );
    assert.equal(weightedQuantile([], 0.5), null);
  });
});

describe('the Kaplan-Meier quantile', () => {
  it('is that of the ends without cuts', () => {
    assert.equal(kaplanMeierQuantile(ends(10, 20, 30, 40), 0.5), 20);
    assert.equal(kaplanMeierQuantile(ends(10, 20, 30, 40, 50), 0.8), 40);
  });

  // Freireich et al., Blood 21, 1963: 6-MP group, median remission 23 weeks, S(10) = 0.753.
  it('agrees with a published example', () => {
    const event = [6, 6, 6, 7, 10, 13, 16, 22, 23];
    const cut = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
    const samples = [...ends(...event), ...ends(...cut).map((sample) => ({ ...sample, isCut: true }))];
    assert.equal(kaplanMeierQuantile(samples, 0.5), 23);
    assert.equal(kaplanMeierQuantile(samples, 1 - 0.753), 10);
    assert.equal(kaplanMeierQuantile(samples, 0.8), null);
  });
});

describe('the memory to charge', () => {
  const mem = (...gib: number[]) => gib.map((value) => aRun({ memBytes: value * GIB }));

  it('has a larger margin the fewer runs it rests on', () => {
    assert.deepEqual(memEstimate(mem(1)), { bytes: Math.ceil(1.6 * GIB), n: 1 });
    assert.deepEqual(memEstimate(mem(1, 1)), { bytes: Math.ceil(1.35 * GIB), n: 2 });
    assert.equal(memEstimate([]), null);
    assert.equal(memEstimate([aRun({ memBytes: null })]), null);
  });

  it('is at least 256 MiB', () => assert.equal(memEstimate(mem(0.001))?.bytes, MEM_LEAST_BYTES));

  it('counts a run killed at its cap as twice the cap', () =>
    assert.equal(
      memEstimate([aRun({ memBytes: 4 * GIB, memKind: 'cap' })])?.bytes,
      Math.ceil(1.6 * 8 * GIB),
    ));

  it('is no less than that while the killed run is among the last 50', () => {
    const killed = aRun({ memBytes: 4 * GIB, memKind: 'cap' });
    // Of so many runs it weighs less than a twentieth, so it is not in the percentile.
    assert.equal(memEstimate([...mem(...Array(48).fill(1)), killed, ...mem(1)])?.bytes, 8 * GIB);
    assert.equal(memEstimate([killed, ...mem(...Array(49).fill(1))])?.bytes, 8 * GIB);
    assert.ok((memEstimate([killed, ...mem(...Array(50).fill(1))])?.bytes ?? 0) < 2 * GIB);
  });

  it('counts the peak of a run that was cut short only above the others', () => {
    const cut = (gib: number) => aRun({ memBytes: gib * GIB, memKind: 'bound' });
    assert.equal(memEstimate([...mem(2, 2), cut(1)])?.n, 2);
    assert.equal(memEstimate([...mem(2, 2), cut(3)])?.n, 3);
    assert.equal(memEstimate([cut(0)])?.bytes, MEM_LEAST_BYTES);
  });

  it('forgets an old peak', () => {
    const bytes = memEstimate(mem(8, ...Array(49).fill(1)))?.bytes ?? 0;
    assert.ok(bytes < 2 * GIB, `${bytes}`);
  });
});

describe('the time', () => {
  it('is a median and a time by which four of five runs end', () => {
    const runs = [10, 20, 30, 40, 50].map((timeMs) => aRun({ timeMs }));
    const { expectedMs, safeMs, n } = timeEstimate(runs, 600) ?? assert.fail();
    assert.deepEqual([expectedMs, safeMs, n], [30, 50, 5]);
  });

  it('of runs that were all cut short is the longest, at least what was stated', () => {
    const cut = [aRun({ timeMs: 5_000, isTimeCut: true }), aRun({ timeMs: 9_000, isTimeCut: true })];
    assert.deepEqual(timeEstimate(cut, 1_000), { expectedMs: 9_000, safeMs: 9_000, n: 2 });
    assert.deepEqual(timeEstimate(cut, 60_000), { expectedMs: 60_000, safeMs: 60_000, n: 2 });
  });
});

it('a forecast leans on the stated time until there are three runs', () => {
  const of = (n: number) => forecastTimes({ expectedMs: 5_000, safeMs: 6_000, n }, 625_000);
  assert.deepEqual(of(1), { p50Ms: 125_000, p90Ms: 625_000 });
  assert.deepEqual(of(2), { p50Ms: 25_000, p90Ms: 625_000 });
  assert.deepEqual(of(3), { p50Ms: 5_000, p90Ms: 6_000 });
  const { p90Ms } = forecastTimes({ expectedMs: 900_000, safeMs: 900_000, n: 1 }, 1_000);
  assert.equal(p90Ms, 900_000);
});

describe('the cores', () => {
  it('ignore runs too short to show a rate', () => {
    assert.equal(cpuEstimate([aRun({ cpuCores: null })]), null);
    assert.deepEqual(cpuEstimate([aRun({ cpuCores: null }), aRun({ cpuCores: 3.2 })]), { cores: 3.2, n: 1 });
    assert.equal(cpuEstimate([aRun({ cpuCores: 0 })])?.cores, 0.1);
  });
});

it('estimates of any runs are finite, positive and lie between the runs and their margins', () => {
  fc.assert(
    fc.property(
      fc.array(anyRun, { minLength: 1, maxLength: 120 }),
      fc.integer({ min: 1, max: 1e8 }),
      (runs, statedMs) => {
        const mem = memEstimate(runs);
        const peaks = runs.slice(-50).flatMap(({ memBytes }) => memBytes ?? []);
        assert.equal(mem === null, peaks.length === 0);
        if (mem !== null)
          assert.ok(
            mem.bytes >= MEM_LEAST_BYTES &&
              mem.bytes <= Math.max(MEM_LEAST_BYTES, 3.2 * Math.max(...peaks) + 1),
          );
        const { expectedMs, safeMs } = timeEstimate(runs, statedMs) ?? assert.fail();
        assert.ok(
          expectedMs > 0 &&
            expectedMs <= safeMs &&
            safeMs <= Math.max(statedMs, ...runs.map(({ timeMs }) => timeMs)),
        );
      },
    ),
    { numRuns: 300 },
  );
});
