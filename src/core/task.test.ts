// Names of tasks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTaskName } from './task.ts';

describe('a task name', () => {
  const GOOD = ['a', '7', 'build', 'Train_v2.1', 'a:b@c+d-e.f', 'x'.repeat(128)];
  for (const name of GOOD)
    it(`may be "${name.slice(0, 20)}" (${name.length})`, () => assert.ok(isTaskName(name)));

  const BAD = [
    '',
    ' ',
    '-a',
    '.a',
    '..',
    '_a',
    '@a',
    'a b',
    'a/b',
    'a\n',
    '\na',
    'a\0',
    'é',
    'a\u202e',
    'x'.repeat(129),
  ];
  for (const name of BAD)
    it(`may not be ${JSON.stringify(name.slice(0, 20))} (${name.length})`, () =>
      assert.ok(!isTaskName(name)));
});
