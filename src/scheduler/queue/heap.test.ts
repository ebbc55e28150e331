// The heap behind fair share and the replay of traces.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Heap } from './heap.ts';

const numbers = fc.array(fc.nat({ max: 50 }));

it('Heap returns its elements in order, both those it begins with and those added', () => {
  fc.assert(
    fc.property(numbers, numbers, (initial, added) => {
      const heap = new Heap<number>((a, b) => a - b, [...initial]);
      for (const value of added) heap.add(value);
      const expected = [...initial, ...added].toSorted((a, b) => a - b);
      const taken = expected.map(() => {
        const { first } = heap;
        assert.equal(heap.take(), first);
        return first;
      });
      assert.deepEqual(taken, expected);
      assert.deepEqual([heap.first, heap.take()], [undefined, undefined]);
    }),
  );
});

it('Heap restores the order after its first element has moved back', () => {
  fc.assert(
    fc.property(numbers, fc.nat({ max: 100 }), (values, increase) => {
      const heap = new Heap<{ rank: number }>(
        (a, b) => a.rank - b.rank,
        values.map((rank) => ({ rank })),
      );
      if (heap.first === undefined) return;
      heap.first.rank += increase;
      heap.sinkFirst();
      const ranks = values.map(() => heap.take()?.rank ?? Number.NaN);
      assert.deepEqual(
        ranks,
        ranks.toSorted((a, b) => a - b),
      );
    }),
  );
});
