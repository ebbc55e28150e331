// Work that one turn of the event loop has no time for continues in the next one.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { serviceOf } from '../../test/support/build/build-service.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import { sampleSome, type WatchDeps } from './passes/sample.ts';
import { SLICE_MS } from './slice.ts';
import type { UnitOfWork } from './unit-of-work.ts';

it('a round applies the requests of one slice, and at least one; the others keep their order', (t) => {
  const { engine, host } = serviceOf(t);
  const applied: number[] = [];
  const answered: number[] = [];
  const request = (index: number, costMs: number) =>
    engine.request({
      apply: () => {
        host.monoMs += costMs;
        applied.push(index);
      },
      resolve: () => answered.push(index),
      reject: assert.fail,
    });
  for (const [index, costMs] of [SLICE_MS / 2, SLICE_MS / 2, 2 * SLICE_MS, 0].entries())
    request(index, costMs);
  engine.round();
  assert.deepEqual(
    [applied, answered],
    [
      [0, 1],
      [0, 1],
    ],
  );
  request(4, 0);
  engine.round();
  assert.deepEqual(answered, [0, 1, 2]);
  engine.round();
  assert.deepEqual(answered, [0, 1, 2, 3, 4]);
});

it('a sampling pass leaves the attempts it has no time for', () => {
  const work = { get: () => undefined } as unknown as UnitOfWork;
  const left = ['a', 'b', 'c'].map((id) => ({ id }) as unknown as LiveAttempt);
  const deps = {} as WatchDeps;
  sampleSome(
    deps,
    work,
    left,
    () => {},
    () => true,
  );
  assert.equal(left.length, 2);
  sampleSome(
    deps,
    work,
    left,
    () => {},
    () => false,
  );
  assert.equal(left.length, 0);
});

it('the plan of a long queue is made in slices: a request is answered between two of them', async (t) => {
  const { batch, ask, engine, makeRoom, makeGroups } = serviceOf(t);
  makeRoom();
  makeGroups();
  // Each end of a running task is a pass of the simulation.
  await batch(...Array.from({ length: 150 }, () => ({})));
  let isMade = false;
  const made = engine.plan().then((plan) => {
    isMade = true;
    return plan;
  });
  await setImmediate();
  assert.equal((await ask('GET', '/v1/ping')).status, 200);
  assert.equal(isMade, false);
  assert.ok((await made).entries.size > 100);
});
