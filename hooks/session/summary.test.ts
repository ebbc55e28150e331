// The text for tasks of every status, and few lines for many tasks.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { remindText, summaryText } from './summary.ts';

const NOW = Date.parse('2026-11-21T14:00:00Z');
const LIVE = {
  name: 'build',
  status: 'running',
  ended_at: null,
  elapsed_ms: 720_000,
  estimated_time_ms: 1_800_000,
  waiting: null,
} as TaskView;
const ended = (more: object) =>
  ({ ...LIVE, ended_at: '2026-11-21T13:59:00Z', exit_code: null, ...more }) as TaskView;
const lineOf = (task: TaskView) => summaryText([task], [], NOW).split('\n')[1];

it('is empty without tasks', () => assert.equal(summaryText([], [], NOW), ''));

it('has a line for each status', () => {
  assert.equal(lineOf(LIVE), '- build: running for 12m, estimated 30m');
  assert.equal(lineOf({ ...LIVE, status: 'paused' }), '- build: paused for 12m, estimated 30m');
  assert.equal(lineOf({ ...LIVE, status: 'pending' }), '- build: pending');
  const waiting = { expected_start: '2026-11-21T14:05:00Z' } as TaskView['waiting'];
  assert.equal(lineOf({ ...LIVE, status: 'pending', waiting }), '- build: pending, expected to start in 5m');
  assert.equal(lineOf(ended({ status: 'completed' })), '- build: completed after 12m');
  assert.equal(
    lineOf(ended({ status: 'failed', exit_code: 2 })),
    '- build: failed after 12m, exit code 2: babysit log build',
  );
  assert.equal(
    lineOf(ended({ status: 'failed', reason: 'dependency_failed', hint: 'Fix a.' })),
    '- build: failed, dependency_failed. Fix a.',
  );
  assert.equal(
    lineOf(ended({ status: 'killed', kill_reason: 'elapsed_exceeded', kill_hint: 'Raise it.' })),
    '- build: killed after 12m, elapsed_exceeded. Raise it.',
  );
  assert.equal(
    lineOf(ended({ status: 'interrupted', reason: 'host_rebooted', hint: null })),
    '- build: interrupted after 12m, host_rebooted.',
  );
});

it('takes few lines for many tasks', () => {
  const tasks = Array.from({ length: 40 }, (_, i) =>
    i < 20 ? { ...LIVE, name: `live-${i}` } : ended({ name: `ended-${i}`, status: 'completed' }),
  );
  const lines = summaryText(tasks, [], NOW).split('\n');
  assert.equal(lines.length, 18);
  assert.equal(lines[16], '- and 25 more: babysit list');
  assert.ok(lines[15]?.startsWith('- ended-39'));
  assert.match(
    remindText(tasks),
    /^40 of your tasks have not ended and no client waits for them\. Run babysit wait live-0 /,
  );
});
