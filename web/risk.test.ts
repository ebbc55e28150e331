// What the page says about the next kill of each running task, and the order of the tasks.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aRunningView } from '../test/support/build/build-frame.ts';
import { byRisk, risksOf } from './risk.ts';

const MINUTE = 60_000;
const task = (name: string, silentMs: number, elapsedMs = MINUTE) =>
  aRunningView(name, {
    estimated_time_ms: 30 * MINUTE,
    kill_timeout_ms: 60 * MINUTE,
    observability_interval_ms: 10 * MINUTE,
    elapsed_ms: elapsedMs,
    silent_ms: silentMs,
    mem_bytes: 0,
    cpu_cores: 0,
  });

it('names the limit that ends a task first from its start on, and warns when it is near', () => {
  const cases = [
    [task('prints', 0), [0, 'killed in 59m: its timeout is 1h']],
    [task('silent', MINUTE), [0, 'killed in 9m: no output for 1m']],
    [task('half', 6 * MINUTE), [1, 'killed in 4m: no output for 6m']],
    [task('near', 9 * MINUTE), [2, 'killed in 1m: no output for 9m']],
    [task('long', 0, 40 * MINUTE), [1, 'killed in 20m: its timeout is 1h']],
    [task('last', 0, 59 * MINUTE), [2, 'killed in 1m: its timeout is 1h']],
  ] as const;
  for (const [row, risk] of cases)
    assert.deepEqual(
      risksOf(row).map(({ level, text }) => [level, text()]),
      [risk],
      row.name,
    );
});

it('shows the task that is killed first at the top', () => {
  const rows = [
    task('prints', 0),
    task('silent', MINUTE),
    task('near', 9 * MINUTE),
    task('old', 0, 20 * MINUTE),
  ];
  assert.deepEqual(
    byRisk(rows).map(({ name }) => name),
    ['near', 'silent', 'old', 'prints'],
  );
});
