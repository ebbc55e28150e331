// A plan that pauses between two steps: the queue goes on without it, and the plan stays that of its beginning.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { anyQueue, anySnapshot, NOW, pending, queueOf } from '../../test/support/build/build-snapshot.ts';
import { plan, planSteps } from './plan.ts';

const rest = { reason: null, by: 'eve', since: NOW, until: NOW + 90_000, isDrain: false };
const all = { scope: 'all', of: null, ...rest } as const;
const ofBob = { scope: 'owner', of: 'bob', ...rest } as const;

it('is the plan in one go, whatever joins, leaves or is held in its pauses', () => {
  let pauses = 0;
  const queues = fc.oneof(anyQueue(20), anyQueue(400, 200));
  fc.assert(
    fc.property(
      anySnapshot,
      queues,
      fc.constantFrom([], [ofBob], [all]),
      fc.nat(),
      (state, items, holds, seed) => {
        const snapshot = { ...state, queue: queueOf(items) };
        snapshot.queue.setHolds(holds, NOW);
        const expected = [...plan(snapshot, NOW).entries];
        const steps = planSteps(snapshot, NOW);
        const left = [...items];
        let step = steps.next();
        for (let n = seed; !step.done; n += 1) {
          pauses += 1;
          const [gone] = left.splice(n % Math.max(1, left.length), 1);
          if (gone !== undefined) snapshot.queue.remove(gone.id, NOW);
          snapshot.queue.add(pending(5000 + pauses, { owner: 'carol', priority: 9 }), NOW);
          snapshot.queue.setHolds(n % 2 === 0 ? [] : [{ ...ofBob, until: null }], NOW);
          snapshot.queue.served('alice', NOW + n);
          snapshot.queue.reserve(null, NOW);
          step = steps.next();
        }
        assert.deepEqual([...step.value.entries], expected);
      },
    ),
    { numRuns: 30 },
  );
  assert.ok(pauses > 500, `${pauses} pauses`);
});
