// Folding the pending tasks of a batch in a list.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { foldBatches } from './fold.ts';

/** `name`, `name@batch` or `name@batch!` for one that runs. */
function rowsOf(...texts: string[]): string[] {
  const tasks = texts.map((text) => {
    const [name, batch = null] = text.replace('!', '').split('@');
    return { name, batch, status: text.endsWith('!') ? 'running' : 'pending' } as TaskView;
  });
  return foldBatches(tasks).map((row) =>
    'count' in row ? `${row.count} of ${row.batch}: ${row.first.name} to ${row.last.name}` : row.name,
  );
}

describe('foldBatches', () => {
  const TABLE: [tasks: string[], rows: string[]][] = [
    [[], []],
    [
      ['a', 'b', 'c', 'd'],
      ['a', 'b', 'c', 'd'],
    ],
    [
      ['a@x!', 'b@x', 'c@x', 'd@x'],
      ['a', '3 of x: b to d'],
    ],
    [
      ['a@x', 'b@x'],
      ['a', 'b'],
    ],
    [
      ['a@x', 'p', 'b@x', 'q@y', 'c@x', 'r@y', 's@y'],
      ['3 of x: a to c', 'p', '3 of y: q to s'],
    ],
  ];
  it('makes one fold of those of two pages', () => {
    const tasks = ['a', 'b', 'c', 'd', 'e'].map(
      (name) => ({ name, batch: 'x', status: 'pending' }) as TaskView,
    );
    const newer = foldBatches(tasks.slice(2));
    const [fold, ...others] = foldBatches([...tasks.slice(0, 2), ...newer]);
    assert.deepEqual([fold, others], [{ batch: 'x', count: 5, first: tasks[0], last: tasks[4] }, []]);
  });
  for (const [tasks, rows] of TABLE)
    it(tasks.join(' ') || 'nothing', () => assert.deepEqual(rowsOf(...tasks), rows));
});
