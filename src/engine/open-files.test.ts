// How many tasks may run with a limit of open files.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openFilesBudget } from './rules.ts';

for (const [limit, maxRunning, expected] of [
  [null, 256, null],
  [65_536, 256, null],
  [1024, 256, 80],
  [256, 256, 16],
  [256, 10, null],
  [64, 256, 1],
  [20, 256, 1],
] as const)
  it(`with a limit of ${limit} open files and ${maxRunning} places is ${expected ?? 'not reduced'}`, () => {
    const found = openFilesBudget(limit, maxRunning);
    assert.equal(found?.maxRunning ?? null, expected);
  });
