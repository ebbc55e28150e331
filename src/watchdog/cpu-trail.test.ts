// The mean of 15 s over constant, starting, ending and interrupted use.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type CpuTrail, extendCpuTrail, newCpuTrail } from './cpu-trail.ts';

/** One reading a second; `cores` is the use in each second. */
function after(...cores: readonly number[]): CpuTrail {
  let usec = 5e6;
  let monoMs = 1000;
  let trail = newCpuTrail({ usec, monoMs });
  for (const each of cores) {
    usec += 1e6 * each;
    monoMs += 1000;
    trail = extendCpuTrail(trail, { usec, monoMs });
  }
  return trail;
}
const seconds = (count: number, cores: number): number[] => Array.from({ length: count }, () => cores);

describe('the mean CPU use of 15 s', () => {
  const TABLE: [string, number[], number][] = [
    ['constant use', seconds(40, 1.5), 1.5],
    ['a burst of one second', [4], 4 / 15],
    ['a start 5 s ago', seconds(5, 3), 1],
    ['an end 5 s ago', [...seconds(30, 3), ...seconds(5, 0)], 2],
    ['an end 15 s ago', [...seconds(30, 3), ...seconds(15, 0)], 0],
  ];
  for (const [what, cores, expected] of TABLE)
    it(`of ${what}`, () => assert.ok(Math.abs(after(...cores).meanCores - expected) < 1e-9));

  it('keeps readings of the window only, and is never above the highest use', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60, size: 'max' }), (cores) => {
        const { readings, meanCores } = after(...cores);
        assert.ok(readings.length <= 16);
        assert.ok(meanCores <= Math.max(0, ...cores) + 1e-9);
      }),
    ));

  it('is that of all readings, also where readings of an idle time are left out', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 0, 3), { maxLength: 90, size: 'max' }), (cores) => {
        const { meanCores, coveredCores } = after(...cores);
        const sum = cores.slice(-15).reduce((total: number, each) => total + each, 0);
        assert.ok(Math.abs(meanCores - sum / 15) < 1e-9, `${meanCores}, not ${sum / 15}`);
        assert.equal(coveredCores, cores.length < 15 ? null : meanCores);
      }),
    ));

  it('of an idle time takes two readings', () => assert.equal(after(...seconds(60, 0)).readings.length, 2));

  it('covers a gap as a whole', () => {
    const trail = extendCpuTrail(newCpuTrail({ usec: 0, monoMs: 0 }), { usec: 30e6, monoMs: 60_000 });
    assert.equal(trail.meanCores, 0.5);
  });
});
