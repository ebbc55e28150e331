// An `ended` event read again later: it shows the same end, whatever happened to the task since.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aKill, anAttempt, anExit, aTask, someUsage } from '../../../test/support/build/build-task.ts';
import { isEnded, type Task } from '../task.ts';
import { type EndedEvent, pastEnd } from './past-end.ts';
import { pastAttempt } from './retry.ts';
import { type Change, transition } from './transition.ts';

const attempt = (number: number) =>
  anAttempt({ number, dispatchedAt: 1000 * number, startedAt: 1000 * number });
const STORY: readonly (Change & { readonly time: number })[] = [
  { kind: 'request_kill', intent: aKill({ at: 500 }), time: 500 },
  { kind: 'retry', time: 900 },
  { kind: 'dispatch', attempt: attempt(1), time: 1000 },
  {
    kind: 'end',
    exit: anExit({ code: 3, at: 1400 }),
    usage: someUsage({ cpuSeconds: 7 }),
    at: 1500,
    time: 1510,
  },
  { kind: 'retry', time: 1600 },
  { kind: 'request_kill', intent: aKill({ at: 1700 }), time: 1700 },
  { kind: 'retry', time: 1800 },
  { kind: 'dispatch', attempt: attempt(2), time: 2000 },
  { kind: 'lose', reason: 'host_rebooted', usage: null, at: 2500, time: 2500 },
  { kind: 'retry', time: 2600 },
  { kind: 'dispatch', attempt: attempt(3), time: 3000 },
  { kind: 'end', exit: anExit({ at: 3500 }), usage: null, at: 3500, time: 3500 },
];

function endOf(task: Task, event: EndedEvent) {
  const past = pastEnd(task, event);
  assert.ok(past !== null || isEnded(task.state));
  const end = past ?? (isEnded(task.state) ? pastAttempt(task, task.state) : null);
  return [end?.number, end?.status, end?.reason, end?.exit?.code, end?.usage?.cpuSeconds];
}

for (const isOld of [false, true])
  it(`of ${isOld ? 'an older row' : 'each kind'} stays as it was first read`, () => {
    let task = aTask();
    const events: EndedEvent[] = [];
    const first: unknown[] = [];
    for (const [seq, { time, ...change }] of STORY.entries()) {
      const next = transition(task, change as Change);
      assert.ok(next !== null, change.kind);
      task = next.task;
      const { event } = next;
      if (event?.event === 'ended') {
        const { attempt: _, reason: __, ...old } = event;
        events.push({ ...(isOld ? old : event), seq, at: time, taskId: task.id, name: task.name });
        first.push(endOf(task, events.at(-1) as EndedEvent));
      }
      if (!isOld)
        assert.deepEqual(
          events.map((one) => endOf(task, one)),
          first,
        );
    }
    const lost = [2, 'interrupted', 'host_rebooted', undefined, undefined];
    const failed = [1, 'failed', 'exit', 3, 7];
    const done = [3, 'completed', null, 0, undefined];
    const killed = (number: number) => [number, 'killed', 'manual', undefined, undefined];
    // Of an older row only the attempts are known.
    if (!isOld) assert.deepEqual(first, [killed(0), failed, killed(1), lost, done]);
    else
      assert.deepEqual(
        [1, 3, 4].map((i) => endOf(task, events[i] as EndedEvent)),
        [failed, lost, done],
      );
  });
