// When a submitted task starts, in words.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { startText } from './start-text.ts';

const NOW = Date.parse('2026-11-28T19:00:00.000Z');

function pending(dim: string, inMs: number | null, ...blocked_by: string[]): Partial<TaskView> {
  const expected_start = inMs === null ? null : new Date(NOW + inMs).toISOString();
  return { status: 'pending', waiting: { dim, blocked_by, expected_start } as TaskView['waiting'] };
}

describe('the start of a submitted task', () => {
  const TABLE: [Partial<TaskView>, string][] = [
    [{ status: 'running' }, 'started'],
    [{ status: 'pending', waiting: null }, 'waits in the queue'],
    [
      { status: 'failed', message: 'its dependency "a" ended failed' },
      'is failed: its dependency "a" ended failed',
    ],
    [{ status: 'running', deduplicated: true }, 'is the earlier task with this key: running'],
    [pending('cpu', 251_000, 'a', 'b'), 'starts in about 4m (behind a, b)'],
    [pending('mem', 45_400, 'a'), 'starts in about 45s (behind a)'],
    [pending('cpu', 10, 'a', 'b', 'c', 'd'), 'starts in about 1s (behind a, b, c, …)'],
    [pending('slots', null, 'a'), 'waits for slots (behind a)'],
    [pending('mem', null), 'waits for mem'],
    [pending('profile', 7_200_000, 'night'), 'starts in about 2h (profile night)'],
    [pending('after', null, 'a', 'b'), 'starts after a, b'],
    [pending('pressure', null, 'mem'), 'waits: the host is short of mem'],
  ];
  for (const [task, text] of TABLE)
    it(text, () => assert.equal(startText({ message: null, waiting: null, ...task } as TaskView, NOW), text));
});
