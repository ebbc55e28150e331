// Which samples may assume that the group did nothing since the last one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Idleness } from './idleness.ts';

function judge(cpuUsecs: readonly number[]): boolean[] {
  const idleness = new Idleness();
  return cpuUsecs.map((cpuUsec) => {
    idleness.update(cpuUsec);
    return idleness.isIdle;
  });
}

test('a group without CPU time since the last sample is idle, except at every fifth sample', () => {
  assert.deepEqual(judge([7, 7, 8, 8, 8, 8, 8, 8, 8]), [
    ...[false, true, false, true, true, true, true, false],
    true,
  ]);
});

test('no group is idle when CPU time is counted in ticks, or not at all', () => {
  for (const cpuUsec of [0, 4000, 10_000]) assert.deepEqual(judge([cpuUsec, cpuUsec]), [false, false]);
});

test('a group is never idle at a sample with more CPU time, nor for five samples in a row', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1 }), { minLength: 5 }), (steps) => {
      let used = 1;
      const readings = steps.map((step) => {
        used += step;
        return used;
      });
      const idle = judge(readings);
      for (let i = 0; i < idle.length; i += 1) {
        if (i === 0 || steps[i] === 1) assert.equal(idle[i], false);
        assert.ok(idle.slice(i, i + 5).length < 5 || idle.slice(i, i + 5).includes(false));
      }
    }),
  );
});

test('the CPU time before the adoption of an attempt is not that of this daemon', () => {
  const adopted = new Idleness();
  adopted.adopt();
  const seen = [90_000_000, 90_250_000].map((cpuUsec) => {
    adopted.update(cpuUsec);
    return adopted.seenUsec;
  });
  assert.deepEqual(seen, [0, 250_000]);
  const started = new Idleness();
  started.update(250_000);
  assert.equal(started.seenUsec, 250_000);
});
