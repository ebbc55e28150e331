// How many tasks may run with a limit of open files, and of processes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runningBudget } from './rules.ts';

const NONE = Number.POSITIVE_INFINITY;
for (const [files, processes, maxRunning, expected] of [
  [NONE, NONE, 256, null],
  [65_536, 32_768, 256, null],
  [1024, NONE, 256, 'open files 80'],
  [256, NONE, 256, 'open files 16'],
  [256, NONE, 10, null],
  [64, NONE, 256, 'open files 1'],
  [20, NONE, 256, 'open files 1'],
  [NONE, 100, 256, 'processes 20'],
  [NONE, 25, 256, 'processes 1'],
  [256, 60, 256, 'processes 10'],
  [256, 100, 256, 'open files 16'],
] as const)
  it(`with ${files} open files, ${processes} processes and ${maxRunning} places: ${expected ?? 'not reduced'}`, () => {
    const found = runningBudget({ 'open files': files, processes }, maxRunning);
    assert.equal(found && `${found.what} ${found.maxRunning}`, expected);
  });
