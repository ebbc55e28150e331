// Folding the tasks of a batch in a list.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { foldBatches, foldPending, foldText, foldView } from './fold.ts';

/** `name`, `name@batch` or `name#tag`; pending, with `!` running, with `.` completed, with `-x` failed. */
function aRow(text: string): TaskView {
  const [, name = '', mark, group = null, end = ''] = /^(\w+)(?:([@#])(\w+))?(\W|-x)?$/.exec(text) ?? [];
  const status = { '!': 'running', '.': 'completed', '-x': 'failed' }[end] ?? 'pending';
  const ended_at = end === '.' || end === '-x' ? 'now' : null;
  const where = { batch: mark === '@' ? group : null, tags: mark === '#' ? [group] : [] };
  return { name, status, ended_at, waiting: null, ...where } as TaskView;
}

function rowsOf(...texts: string[]): string[] {
  return foldBatches(texts.map(aRow)).map(
    (row) => ('count' in row ? foldText(row) : row.name).split(' (')[0] ?? '',
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
      ['a', '3 pending of x: b to d'],
    ],
    [
      ['a@x', 'b@x'],
      ['a', 'b'],
    ],
    [
      ['a@x', 'p', 'b@x', 'q@y', 'c@x', 'r@y', 's@y'],
      ['3 pending of x: a to c', 'p', '3 pending of y: q to s'],
    ],
    [
      ['a@x.', 'b@x-x', 'p', 'c@x.', 'd@x!', 'e@x.', 'f@x-x', 'g@x', 'h@x', 'i@x'],
      ['3 completed, 2 failed of x: a to f; not completed: b, f', 'p', 'd', '3 pending of x: g to i'],
    ],
    [
      ['a#t.', 'b#t.', 'c#t.', 'd#t.', 'e#t.', 'f#t', 'g#t', 'h#t'],
      ['5 completed of t: a to e', 'f', 'g', 'h'],
    ],
    [
      ['a@x.', 'b@x.', 'c@x.', 'd@x.'],
      ['a', 'b', 'c', 'd'],
    ],
  ];
  it('makes one fold of those of two pages', () => {
    const tasks = ['a@x', 'b@x', 'c@x', 'd@x', 'e@x'].map(aRow);
    const newer = foldBatches(tasks.slice(2));
    const [fold, ...others] = foldBatches([...tasks.slice(0, 2), ...newer]);
    assert.ok(fold !== undefined && 'count' in fold);
    assert.deepEqual(
      [foldView(fold), others],
      [{ batch: 'x', status: 'pending', count: 5, first: 'a', last: 'e' }, []],
    );
  });
  it('names ten of the failures, and all of them for a caller that asks for the status', () => {
    const tasks = Array.from({ length: 12 }, (_, n) => aRow(`f${n}@x-x`));
    const [fold] = foldBatches(tasks);
    assert.ok(fold !== undefined && 'count' in fold);
    assert.deepEqual(foldView(fold), {
      batch: 'x',
      status: { failed: 12 },
      count: 12,
      first: 'f0',
      last: 'f11',
      not_completed: tasks.slice(0, 10).map(({ name }) => name),
    });
    assert.deepEqual(foldPending(tasks), tasks);
  });
  for (const [tasks, rows] of TABLE)
    it(tasks.join(' ') || 'nothing', () => assert.deepEqual(rowsOf(...tasks), rows));
});
