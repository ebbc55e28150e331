// The changes of a round: visible at once within it, undone as a whole, and passed on to followers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aKill,
  anAttempt,
  anEstimate,
  anExit,
  aTask,
  ENDED,
  someLimits,
  someUsage,
  taskId,
} from '../../test/support/build/build-task.ts';
import type { Lease, LeaseId } from '../core/lease.ts';
import { isActive, isEnded, ownerOf, READY, type Task, type TaskId } from '../core/task.ts';
import { type EndedEvent, pastEnd } from '../core/transition/past-end.ts';
import type { Change } from '../core/transition/transition.ts';
import { LiveTasks, pendingItem } from './live-tasks.ts';
import { Leases } from './queue/leases.ts';
import { UnitOfWork } from './unit-of-work.ts';

const AT = 100_000;
const NOW = { wallMs: AT, monoMs: 0 };
const SUBMITTED = { event: 'submitted', queued: true, forced: false } as const;

function rig() {
  const live = new LiveTasks();
  const leases = new Leases();
  return { live, leases, work: () => new UnitOfWork(live, leases, NOW) };
}

function after(n: number, others: readonly Task[], mode: 'ok' | 'any' = 'ok'): Task {
  return aTask({
    id: taskId(n),
    name: `task-${n}`,
    after: { mode, tasks: others.map(({ id, name }) => ({ id, name })) },
    state: { status: 'pending', waitsFor: others.map(({ id }) => id), notBefore: null },
  });
}

const kill = (at = AT): Change => ({ kind: 'request_kill', intent: aKill({ at }) });

it('a kill by the watchdog and a start wait for no disk; an end and an answered request do', () => {
  const { live, work } = rig();
  const active = aTask({
    id: taskId(1),
    state: { status: 'running', attempt: { ...anAttempt(), startedAt: AT } },
  });
  live.put(active.id, active, AT);
  const round = work();
  round.change(active.id, kill());
  assert.deepEqual([round.needsDurability(false), round.needsDurability(true)], [false, true]);
  round.change(active.id, { kind: 'end', exit: anExit(), usage: someUsage(), at: AT });
  assert.ok(round.needsDurability(false));
});

describe('the end of a task', () => {
  it('is the present one also when its record is dated a moment ahead of the round', () => {
    const { work } = rig();
    const first = aTask({ id: taskId(1), name: 'first' });
    const round = work();
    for (const task of [first, after(2, [first])]) round.add(task, {}, SUBMITTED);
    round.change(first.id, { kind: 'dispatch', attempt: anAttempt() });
    round.change(first.id, { kind: 'end', exit: anExit({ code: 3 }), usage: null, at: AT + 2 });
    const ends = round.writes().events.filter(({ event }) => event.event === 'ended');
    assert.equal(ends.length, 2);
    for (const { event, ...where } of ends)
      assert.equal(
        pastEnd(round.get(where.taskId) as Task, { ...event, ...where, seq: 1 } as EndedEvent),
        null,
      );
  });

  it('fails a chain of ten thousand behind it, each naming the first', () => {
    const { work, live } = rig();
    const round = work();
    let last = aTask({ id: taskId(0), name: 'task-0' });
    round.add(last, {}, SUBMITTED);
    for (let n = 1; n <= 10_000; n += 1) {
      last = after(n, [last]);
      round.add(last, {}, SUBMITTED);
    }
    assert.equal(live.queue.size, 1);
    assert.ok(round.change(taskId(0), kill()));
    assert.deepEqual([...live.values()], []);
    const end = round.changed().get(last.id)?.state;
    assert.ok(end?.status === 'failed' && end.reason === 'dependency_failed');
    assert.deepEqual(end.cause, { id: taskId(0), name: 'task-0', status: 'killed' });
    assert.equal(end.endedAt, AT);
  });

  it('releases followers of any end, and followers whose others all completed', () => {
    const { work, live } = rig();
    const [a, b] = [aTask({ id: taskId(1), name: 'a' }), aTask({ id: taskId(2), name: 'b' })];
    const round = work();
    for (const task of [a, b, after(3, [a], 'any'), after(4, [a, b]), after(5, [b])])
      round.add(task, {}, SUBMITTED);
    for (const { id } of [a, b]) round.change(id, { kind: 'dispatch', attempt: anAttempt() });
    round.change(b.id, { kind: 'end', exit: anExit(), usage: null, at: AT });
    assert.deepEqual(
      [3, 4, 5].map((n) => live.queue.has(taskId(n))),
      [false, false, true],
    );
    round.change(a.id, { kind: 'end', exit: anExit({ code: 1 }), usage: null, at: AT });
    assert.deepEqual(
      [3, 4, 5].map((n) => live.queue.has(taskId(n))),
      [true, false, true],
    );
    const end = round.changed().get(taskId(4))?.state;
    assert.ok(end?.status === 'failed' && end.cause?.name === 'a');
  });

  it('is found by name and key until the round is over, so that neither is used twice', () => {
    const { work } = rig();
    const round = work();
    const task = aTask({ key: 'k' });
    round.add(task, {}, SUBMITTED);
    round.change(task.id, kill());
    assert.equal(round.byName(task.project, task.name)?.state.status, 'killed');
    assert.equal(round.byKey(task.project, 'k')?.id, task.id);
    assert.ok(round.byName(task.project, task.name));
    assert.ok(work().byName(task.project, task.name) === undefined);
    assert.equal(round.byKey('/other', 'k'), undefined);
    assert.equal(round.byName('/other', task.name), undefined);
  });
});

describe('the writes of a round', () => {
  it('have each task once in its last state, and every event in order', () => {
    const round = rig().work();
    const task = aTask();
    const env = { A: '1' };
    round.add(task, env, SUBMITTED);
    round.change(task.id, kill());
    const { tasks, environments, events } = round.writes();
    assert.deepEqual(
      tasks.map(({ state }) => state.status),
      ['killed'],
    );
    assert.deepEqual(environments, [{ taskId: task.id, env }]);
    assert.deepEqual(
      events.map(({ event, at, name }) => [event.event, at, name]),
      [
        ['submitted', AT, 'build'],
        ['ended', AT, 'build'],
      ],
    );
  });

  it('omit a lease that was granted and dropped in the round', () => {
    const { work, leases } = rig();
    const round = work();
    const lease = aLease(1);
    assert.ok(round.isEmpty());
    round.grant(lease);
    assert.equal(leases.get(lease.id), lease);
    round.dropLease(lease);
    assert.deepEqual([round.isEmpty(), leases.values()], [true, []]);
  });

  it('are empty when no change applied', () => {
    const { work } = rig();
    const round = work();
    assert.equal(round.change(taskId(1), kill()), false);
    assert.equal(round.change(taskId(1), { kind: 'pause', at: AT }, aTask({ state: ENDED.failed })), false);
    assert.ok(round.isEmpty());
  });
});

function aLease(n: number): Lease {
  const room = { memBytes: n, cpuCores: 1, timeMs: 1000 };
  return { id: `lease-${n}` as LeaseId, owner: 'me', ...room, grantedAt: AT, expiresAt: AT + 1000 };
}

/** A step of a round; its numbers choose tasks. A step that does not apply is skipped. */
interface Step {
  readonly what: 'add' | 'grant' | 'drop' | 'retry' | Change['kind'];
  readonly n: number;
  readonly others: readonly number[];
  /** The request that begins with this step fails. */
  readonly isRefused: boolean;
}
const MAX_TASKS = 12;
const anyNumber = fc.nat({ max: MAX_TASKS - 1 });
const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'add',
    'add',
    'add',
    'grant',
    'drop',
    'dispatch',
    'dispatch',
    'end',
    'request_kill',
    'requeue',
    'pause',
    'resume',
    'adjust',
    'retry',
  ),
  n: anyNumber,
  others: fc.uniqueArray(anyNumber, { maxLength: 3 }),
  isRefused: fc.nat({ max: 4 }).map((n) => n === 0),
});
const anyRounds = fc.array(
  fc.record({ steps: fc.array(anyStep, { maxLength: 12 }), isCommitted: fc.boolean() }),
  { maxLength: 8 },
);

function changeOf({ what, n, others }: Step, task: Task): Change | null {
  const isWell = others.length % 2 === 0;
  switch (what) {
    case 'dispatch': {
      const number = task.attempts + 1;
      return { kind: what, attempt: anAttempt({ number, startedAt: null }) };
    }
    case 'end':
      return { kind: what, exit: anExit({ code: isWell ? 0 : 1 }), usage: null, at: AT };
    case 'request_kill':
      return kill();
    case 'requeue':
      return { kind: what, why: 'a test' };
    case 'pause':
    case 'resume':
      return { kind: what, at: AT };
    case 'adjust': {
      const estimate = anEstimate({ memBytes: n + 1 });
      return { kind: what, estimate, limits: someLimits(), priority: others.length, envelope: null };
    }
    case 'retry':
      return { kind: what };
    default:
      return null;
  }
}

function apply(round: UnitOfWork, step: Step, record: ReadonlyMap<TaskId, Task>): void {
  const id = taskId(step.n);
  const known = round.get(id) ?? record.get(id);
  if (step.what === 'add' && known === undefined) round.add(newTask(round, step), {}, SUBMITTED);
  const change = known === undefined ? null : changeOf(step, known);
  if (change === null || known === undefined) return;
  if (change.kind === 'retry' && round.byName(known.project, known.name) !== undefined) return;
  round.change(id, change, known);
}

function newTask(round: UnitOfWork, { n, others }: Step): Task {
  const live = others.flatMap((other) => {
    const task = round.get(taskId(other));
    return task === undefined || isEnded(task.state) ? [] : [task];
  });
  return {
    ...after(n, live, n % 2 ? 'ok' : 'any'),
    owner: n % 3 ? 'me' : null,
    key: n % 2 ? `key-${n}` : null,
    retry: n % 4 ? null : { max: 1, on: ['exit'], backoffMs: n, memCeilingBytes: null },
  };
}

/** Everything that the live tasks and leases hold about the tasks of these tests. */
function contents({ live, leases }: Pick<ReturnType<typeof rig>, 'live' | 'leases'>) {
  const tasks = Array.from({ length: MAX_TASKS }, (_, n) => {
    const id = taskId(n);
    return {
      task: live.get(id),
      byName: live.byName('/project', `task-${n}`)?.id,
      byKey: live.byKey('/project', `key-${n}`)?.id,
      followers: live.followers(id).toSorted(),
      queued: live.queue.get(id),
    };
  });
  return {
    tasks,
    values: [...live.values()].map(({ id }) => id).toSorted(),
    active: [...live.active()].map(({ id }) => id).toSorted(),
    pending: [live.pendingCount, live.pendingCountOf('me'), live.pendingCountOf('/project')],
    queued: [live.queue.size, live.queue.countOf('me'), live.queue.countOf('/project')],
    leases: leases.values().toSorted((a, b) => a.memBytes - b.memBytes),
  };
}

/** What a commit would write, leases in any order. */
function staged(round: UnitOfWork) {
  const { leases, droppedLeases, ...writes } = round.writes();
  return {
    ...writes,
    leases: leases.toSorted((a, b) => a.memBytes - b.memBytes),
    droppedLeases: droppedLeases.toSorted(),
  };
}

/** The expected `contents`, from the tasks alone. */
function expectedContents(
  record: ReadonlyMap<TaskId, Task>,
  leases: readonly Lease[],
): ReturnType<typeof contents> {
  const living = [...record.values()].filter(({ state }) => !isEnded(state));
  const pending = living.filter(({ state }) => state.status === 'pending');
  const ready = pending.filter(
    ({ state }) => state.status === 'pending' && state.waitsFor.length === 0 && (state.notBefore ?? 0) <= AT,
  );
  const of = (tasks: readonly Task[], owner: string) =>
    tasks.filter((task) => ownerOf(task) === owner).length;
  const tasks = Array.from({ length: MAX_TASKS }, (_, n) => {
    const task = living.find(({ id }) => id === taskId(n));
    const followers = pending.filter(
      ({ state }) => state.status === 'pending' && state.waitsFor.includes(taskId(n)),
    );
    return {
      task,
      byName: task?.id,
      byKey: task?.key ? task.id : undefined,
      followers: followers.map(({ id }) => id).toSorted(),
      queued: task && ready.includes(task) ? pendingItem(task) : undefined,
    };
  });
  return {
    tasks,
    values: living.map(({ id }) => id).toSorted(),
    active: living.flatMap(({ id, state }) => (isActive(state) ? [id] : [])).toSorted(),
    pending: [pending.length, of(pending, 'me'), of(pending, '/project')],
    queued: [ready.length, of(ready, 'me'), of(ready, '/project')],
    leases: leases.toSorted((a, b) => a.memBytes - b.memBytes),
  };
}

describe('any round', () => {
  it('shows in every index at once, passes every end on, and leaves nothing when it is undone', () =>
    fc.assert(
      fc.property(anyRounds, (rounds) => {
        const { live, leases, work } = rig();
        let record = new Map<TaskId, Task>();
        let held = new Map<LeaseId, Lease>();
        let leaseCount = 0;
        for (const { steps, isCommitted } of rounds) {
          const round = work();
          const stage = (step: Step) => {
            const lease = leases.values()[step.n];
            if (step.what === 'grant') round.grant(aLease(++leaseCount));
            else if (step.what === 'drop' && lease !== undefined) round.dropLease(lease);
            else apply(round, step, record);
          };
          for (const [index, step] of steps.entries()) {
            if (!step.isRefused) {
              stage(step);
              continue;
            }
            // The database fails when a request has staged a part of what it asks for.
            const before = structuredClone([contents({ live, leases }), staged(round)]);
            const partly = {
              apply() {
                for (const one of steps.slice(index, index + 3)) stage(one);
                throw new Error('SQLITE_IOERR');
              },
            };
            assert.throws(() => round.apply(partly), /SQLITE_IOERR/);
            assert.deepEqual([contents({ live, leases }), staged(round)], before);
          }
          const writes = round.writes();
          const next = new Map([...record, ...writes.tasks.map((task) => [task.id, task] as const)]);
          const nextHeld = new Map([...held, ...writes.leases.map((lease) => [lease.id, lease] as const)]);
          for (const id of writes.droppedLeases) nextHeld.delete(id);
          assert.deepEqual(contents({ live, leases }), expectedContents(next, [...nextHeld.values()]));
          assertNoneWaitsForEnded(next);
          if (isCommitted) [record, held] = [next, nextHeld];
          else round.rollback();
          assert.deepEqual(contents({ live, leases }), expectedContents(record, [...held.values()]));
        }
        // Tasks whose back-off is over are in the queue too.
        live.admitDue(Number.MAX_SAFE_INTEGER);
        for (const { id, state } of record.values())
          if (state.status === 'pending') assert.equal(live.queue.has(id), state.waitsFor.length === 0);
      }),
      { numRuns: 300 },
    ));
});

function assertNoneWaitsForEnded(record: ReadonlyMap<TaskId, Task>): void {
  for (const { state } of record.values())
    for (const id of state.status === 'pending' ? state.waitsFor : READY.waitsFor) {
      const other = record.get(id);
      assert.ok(other && !isEnded(other.state), `${id} has ended and is still waited for`);
    }
}
