// Numbers with their nouns.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { counted } from './counted.ts';

it('takes the singular for exactly one, also as text', () => {
  assert.equal(counted(1, 'core'), '1 core');
  assert.equal(counted('1', 'core'), '1 core');
  for (const count of [0, 2, 0.5, '1.0', '–']) assert.equal(counted(count, 'core'), `${count} cores`);
  assert.deepEqual(
    [counted(1, 'process', 'processes'), counted(2, 'process', 'processes')],
    ['1 process', '2 processes'],
  );
});
