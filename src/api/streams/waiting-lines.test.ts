// Why a task waits, in the stream of events: when it begins, and when it changes, at most every 30 s.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { taskId } from '../../../test/support/build-task.ts';
import type { BlockedView, TaskView } from '../schemas/task.ts';
import { streamWaiting, WAITING_MS } from './waiting-lines.ts';

const AT = Date.parse('2026-11-28T15:00:00Z');
const inS = (seconds: number) => new Date(AT + 1000 * seconds).toISOString();
const WAITING: BlockedView = {
  dim: 'cpu',
  requested: 1,
  available: 0,
  limit: 2,
  short_by: 1,
  blocked_by: ['train'],
  owners: ['alice'],
  position: 1,
  expected_start: inS(600),
  latest_start: inS(1200),
};

it('sends the beginning of each wait, and changes', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: AT });
  let task: Pick<TaskView, 'status' | 'waiting'> = { status: 'pending', waiting: WAITING };
  const sent: Readonly<Record<string, unknown>>[] = [];
  const view = () => ({ name: 'test', ...task }) as TaskView;
  const stop = streamWaiting({ view }, taskId(1), (line) => sent.push(line));
  const after = (ms: number, waiting: BlockedView | null, status: TaskView['status'] = 'pending') => {
    task = { status, waiting };
    t.mock.timers.tick(ms);
    return sent.length;
  };
  const { requested: _, available: __, limit: ___, short_by: ____, ...shown } = WAITING;
  assert.deepEqual(sent, [{ event: 'waiting', name: 'test', id: taskId(1), at: inS(0), ...shown }]);
  const near = { ...WAITING, expected_start: inS(629), latest_start: inS(1229), short_by: 0.5 };
  assert.equal(after(2 * WAITING_MS, near), 1);
  assert.equal(after(1000, { ...WAITING, expected_start: inS(630) }), 2);
  // A change within 30 s comes when they are over, and only if it lasts.
  assert.equal(after(WAITING_MS - 1000, { ...WAITING, position: 2 }), 2);
  assert.equal(after(1000, { ...WAITING, position: 2 }), 3);
  assert.equal(after(WAITING_MS, { ...WAITING, position: 2, blocked_by: ['build'] }), 4);
  assert.equal(after(WAITING_MS, null, 'running'), 4);
  // A new attempt waits again.
  assert.equal(after(1000, { ...WAITING, dim: 'backoff' }), 5);
  stop();
  assert.equal(after(2 * WAITING_MS, WAITING), 5);
});
