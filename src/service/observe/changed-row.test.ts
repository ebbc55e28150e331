// The change of a row has every field that differs and no other.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { LiveTask } from '../../api/schemas/observe/live.ts';
import { changedRow } from './changed-row.ts';

const row = (fields: object) => ({ id: 'A', ...fields }) as unknown as LiveTask;

const ROWS: readonly (readonly [
  what: string,
  last: object | undefined,
  now: object,
  change: object | null,
])[] = [
  ['a row that is new', undefined, { name: 'x', tags: [] }, { id: 'A', name: 'x', tags: [] }],
  ['a row without a change', { name: 'x', tags: ['a'] }, { name: 'x', tags: ['a'] }, null],
  ['a number', { mem_bytes: 1, name: 'x' }, { mem_bytes: 2, name: 'x' }, { id: 'A', mem_bytes: 2 }],
  ['a value that becomes null', { progress: { pct: 1 } }, { progress: null }, { id: 'A', progress: null }],
  [
    'null that becomes a value',
    { progress: null },
    { progress: { pct: 1 } },
    { id: 'A', progress: { pct: 1 } },
  ],
  ['0 and null', { mem_bytes: 0 }, { mem_bytes: null }, { id: 'A', mem_bytes: null }],
  [
    'a field deep inside',
    { waiting: { dim: 'mem', blocked_by: ['a', 'b'] } },
    { waiting: { dim: 'mem', blocked_by: ['a', 'c'] } },
    { id: 'A', waiting: { dim: 'mem', blocked_by: ['a', 'c'] } },
  ],
  ['the order of a list', { tags: ['a', 'b'] }, { tags: ['b', 'a'] }, { id: 'A', tags: ['b', 'a'] }],
];

for (const [what, last, now, change] of ROWS)
  it(what, () => assert.deepEqual(changedRow(row(now), last && row(last)), change));

it('the change over the last row is the row', () =>
  fc.assert(
    fc.property(anyRow(), anyRow(), (last, now) => {
      const change = changedRow(now, last);
      assert.deepEqual({ ...last, ...change }, now);
      if (change !== null) assert.notDeepEqual(last, now);
    }),
  ));

function anyRow(): fc.Arbitrary<LiveTask> {
  const value = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.array(fc.string()));
  return fc
    .record({
      name: fc.string(),
      mem_bytes: value,
      tags: value,
      waiting: fc.option(fc.record({ dim: value })),
    })
    .map(row);
}
