// What a list that is longer than the screen shows.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Row } from './output/fold.ts';
import { fitting } from './watch-rows.ts';

const row = (id: string): Row =>
  ({ id, ended_at: id.startsWith('ended') ? '2026-11-29T18:00:00Z' : null }) as Row;
const shown = (ids: readonly string[], max: number) => {
  const { shown: rows, hidden } = fitting(ids.map(row), max);
  return [...rows.map((each) => ('id' in each ? each.id : each.group)), hidden];
};

it('shows live tasks and the newest of the others', () => {
  const ids = ['live 1', 'ended 1', 'ended 2', 'live 2', 'ended 3'];
  assert.deepEqual(shown(ids, 5), [...ids, 0]);
  assert.deepEqual(shown(ids, 4), ['live 1', 'ended 2', 'live 2', 'ended 3', 1]);
  assert.deepEqual(shown(ids, 3), ['live 1', 'live 2', 'ended 3', 2]);
  assert.deepEqual(shown(ids, 1), ['live 1', 'live 2', 3]);
  assert.deepEqual(shown(ids, -1), ['live 1', 'live 2', 3]);
});
