// The values of --priority.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BabysitError } from '../src/core/errors.ts';
import { readPriority } from './priority.ts';

describe('readPriority', () => {
  for (const [text, priority] of [
    ['0', 0],
    ['10', 10],
    ['+5', 5],
    ['-100', -100],
    ['100', 100],
  ] as const)
    it(`reads ${text}`, () => assert.deepEqual(readPriority(text), { priority }));

  it('sets nothing without the flag', () => assert.deepEqual(readPriority(undefined), {}));

  for (const text of ['', ' ', 'high', '1.5', '101', '-101', '1e1', '0x1', '5 '])
    it(`refuses "${text}" and shows examples`, () =>
      assert.throws(
        () => readPriority(text),
        (error) =>
          error instanceof BabysitError &&
          error.code === 'usage' &&
          /^--priority: .*Examples/.test(error.message),
      ));
});
