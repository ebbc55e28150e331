// A picture comes at once after a rest, and changes that follow soon share one.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createPace } from './pace.ts';

function rig(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const drawn: number[] = [];
  const pace = createPace(
    () => drawn.push(now),
    () => now,
  );
  const pass = (ms: number) => {
    // Timers fire while the time passes.
    for (let i = 0; i < ms; i += 10) {
      now += 10;
      t.mock.timers.tick(10);
    }
  };
  return { pace, drawn, pass };
}

it('draws the first change at once and those that follow together', (t) => {
  const { pace, drawn, pass } = rig(t);
  for (let i = 0; i < 10; i += 1) {
    pace.want(950);
    pass(100);
  }
  assert.deepEqual(drawn, [0, 950]);
  pass(5000);
  assert.deepEqual(drawn, [0, 950], 'nothing changed');
});

it('a key does not wait for the next frame', (t) => {
  const { pace, drawn, pass } = rig(t);
  pace.want(950);
  pass(20);
  pace.want(950);
  pace.want(50);
  pass(1000);
  assert.deepEqual(drawn, [0, 50]);
});

it('draws nothing after its end', (t) => {
  const { pace, drawn, pass } = rig(t);
  pace.want(50);
  pace.want(50);
  pace.stop();
  pace.want(50);
  pass(1000);
  assert.deepEqual(drawn, [0]);
});
