// Why a task waits, in the stream of events: when it begins, and when a report is due.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { taskId } from '../../../test/support/build/build-task.ts';
import type { BlockedView, TaskView } from '../schemas/task.ts';
import { streamWaiting } from './waiting-lines.ts';

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

it('sends the beginning of each wait, and reports', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: AT });
  let task: Pick<TaskView, 'status' | 'waiting'> = { status: 'pending', waiting: WAITING };
  const sent: Readonly<Record<string, unknown>>[] = [];
  const planned = async () => ({ name: 'test', ...task }) as TaskView;
  const stop = streamWaiting({ planned }, taskId(1), (line) => sent.push(line));
  await setImmediate();
  const after = async (ms: number, waiting: BlockedView | null, status: TaskView['status'] = 'pending') => {
    task = { status, waiting };
    for (let passed = 0; passed < ms; passed += 1000) {
      t.mock.timers.tick(1000);
      await setImmediate();
    }
    return sent.length;
  };
  const { requested: _, available: __, limit: ___, short_by: ____, ...shown } = WAITING;
  assert.deepEqual(sent, [{ event: 'waiting', name: 'test', id: taskId(1), at: inS(0), ...shown }]);
  assert.equal(await after(60_000, { ...WAITING, position: 2, short_by: 0.5 }), 1);
  assert.equal(await after(1000, { ...WAITING, outside: 1.5 }), 2);
  assert.match(JSON.stringify(sent[1]), /"hint":"Programs outside of babysit use 1\.5 cores, /);
  assert.equal(await after(1000, null, 'running'), 2);
  // A new attempt waits again.
  assert.equal(await after(1000, { ...WAITING, dim: 'backoff' }), 3);
  stop();
  assert.equal(await after(600_000, WAITING), 3);
});
