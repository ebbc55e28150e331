// What the ended attempts of an owner add to its use, in the round in which they end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aKill, anAttempt, anExit, aTask, someUsage, taskId } from '../../test/support/build/build-task.ts';
import type { Attempt } from '../core/task.ts';
import type { Change } from '../core/transition/transition.ts';
import { LiveTasks } from './live-tasks.ts';
import { Leases } from './queue/leases.ts';
import { UnitOfWork } from './unit-of-work.ts';

const AT = 100_000;
const NOW = { wallMs: AT, monoMs: 0 };

function rig() {
  const live = new LiveTasks();
  return { live, work: () => new UnitOfWork(live, new Leases(), NOW) };
}

describe('the use of an owner', () => {
  const attempt = { ...anAttempt(), startedAt: AT - 60_000 };
  const active = aTask({ id: taskId(1), owner: 'alice', state: { status: 'running', attempt } });
  const usage = { ...someUsage(), cpuSeconds: 900, peakMemBytes: 0 };
  const end: Change = { kind: 'end', exit: anExit(), usage, at: AT };

  it('grows when an attempt ends, is written with it, and comes back when the commit fails', () => {
    const { live, work } = rig();
    live.put(active.id, active, AT);
    const round = work();
    round.change(active.id, end);
    const [entry] = round.writes().ownerUse;
    assert.deepEqual([entry?.owner, entry?.cpuCoreMs, entry?.atMs], ['alice', 900_000, AT]);
    assert.equal(entry?.memByteMs, active.estimate.memBytes * 60_000);
    assert.equal(live.queue.used.get('alice'), entry);
    round.rollback();
    assert.equal(live.queue.used.get('alice'), undefined);
  });

  it('counts what the attempt declared and measured, unless it was killed for too much', () => {
    const declaredAfter = (changes: Partial<Attempt>) => {
      const { live, work } = rig();
      live.put(
        active.id,
        { ...active, state: { status: 'running', attempt: { ...attempt, ...changes } } },
        AT,
      );
      const round = work();
      round.change(active.id, { ...end, usage: { ...usage, cpuSeconds: 90, peakMemBytes: 7 } });
      const [entry] = round.writes().ownerUse;
      return [entry?.declared.cpuCoreMs, entry?.measured.cpuCoreMs, entry?.measured.memByteMs];
    };
    const declared = 60_000 * active.estimate.cpuCores;
    assert.deepEqual(declaredAfter({}), [declared, 90_000, 7 * 60_000]);
    assert.deepEqual(declaredAfter({ pausedMs: 30_000 }), [declared / 2, 90_000, 7 * 30_000]);
    assert.deepEqual(declaredAfter({ kill: aKill({ reason: 'cgroup_oom_killed' }) }), [0, 0, 0]);
    assert.deepEqual(declaredAfter({ kill: aKill() }), [declared, 90_000, 7 * 60_000]);
  });

  it('does not grow by an attempt whose command never began', () => {
    const { live, work } = rig();
    const state = { status: 'running', attempt: { ...attempt, startedAt: null } } as const;
    live.put(active.id, { ...active, state }, AT);
    const round = work();
    round.change(active.id, end);
    assert.deepEqual(round.writes().ownerUse, []);
  });
});
