// Every change in every status, and properties of any sequence of changes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aHold,
  aKill,
  anAttempt,
  anEnvelope,
  anEstimate,
  anExit,
  aTask,
  aThrottle,
  ENDED,
  GIB,
  someLimits,
  someUsage,
  taskId,
  taskIn,
} from '../../../test/support/build/build-task.ts';
import type { EventName } from '../events.ts';
import {
  isActive,
  isEnded,
  liveAttemptOf,
  READY,
  type Task,
  type TaskState,
  type TaskStatus,
} from '../task.ts';
import { type Change, transition } from './transition.ts';

const group = { driver: 'v2', name: 't-1-1' } as const;
const OTHER = taskId(7);
const CHANGES = {
  dispatch: { kind: 'dispatch', attempt: anAttempt({ startedAt: null, pid: null }) },
  place: { kind: 'place', attempt: anAttempt({ startedAt: null, pid: null }) },
  queued: { kind: 'queued', group },
  started: { kind: 'started', pid: 4242, group, at: 2_010 },
  could_not_start: { kind: 'could_not_start', message: 'no such directory', at: 2_020 },
  requeue: { kind: 'requeue', why: 'the daemon ended' },
  requeue_lost: { kind: 'requeue_lost', reason: 'host_rebooted', why: 'the host was restarted', at: 6_000 },
  request_kill: { kind: 'request_kill', intent: aKill() },
  escalate_kill: { kind: 'escalate_kill', at: 4_000 },
  pause: { kind: 'pause', at: 2_500 },
  resume: { kind: 'resume', at: 2_700 },
  dependency_ended: { kind: 'dependency_ended', id: OTHER, cause: null, at: 1_500 },
  adjust: {
    kind: 'adjust',
    estimate: anEstimate({ memBytes: 5 * GIB }),
    limits: someLimits({ killTimeoutMs: 7_000 }),
    priority: 3,
    envelope: null,
  },
  apply_profile: { kind: 'apply_profile', profile: 'day', envelope: anEnvelope({ cpuMaxCores: 2 }) },
  hold: { kind: 'hold', at: 2_600, details: aHold() },
  thaw: { kind: 'thaw', cause: 'room', at: 4_600 },
  throttle: { kind: 'throttle', at: 2_600, fromCores: 3, details: aThrottle() },
  unthrottle: { kind: 'unthrottle', cause: 'room', at: 4_600 },
  extend_time: { kind: 'extend_time', details: { kill_timeout_ms: 9_000, cpu_share_pct: 50, hint: 'wait' } },
  ready: { kind: 'ready', at: 5_000 },
  retry: { kind: 'retry' },
  found: { kind: 'found', attempt: anAttempt({ number: 2 }) },
  revive: { kind: 'revive', waitsFor: [OTHER], why: 'its dependency is retried' },
  end: { kind: 'end', exit: anExit(), usage: null, at: 5_000 },
  lose: { kind: 'lose', reason: 'supervisor_lost', usage: null, at: 5_000 },
} as const satisfies { [K in Change['kind']]: Extract<Change, { kind: K }> };
const KINDS = Object.keys(CHANGES) as Change['kind'][];

const STATES: Record<string, TaskState> = {
  pending: { status: 'pending', ...READY },
  'waiting for another': { status: 'pending', waitsFor: [OTHER], notBefore: null },
  placed: { status: 'pending', ...READY, placed: anAttempt({ startedAt: null, pid: null }) },
  'dispatched, not started': { status: 'running', attempt: anAttempt({ startedAt: null, pid: null }) },
  'dispatched, kill requested': { status: 'running', attempt: anAttempt({ startedAt: null, kill: aKill() }) },
  running: { status: 'running', attempt: anAttempt() },
  'running, kill requested': { status: 'running', attempt: anAttempt({ kill: aKill() }) },
  paused: { status: 'paused', attempt: anAttempt(), pausedAt: 2_500 },
  'paused before its start': { status: 'paused', attempt: anAttempt({ startedAt: null }), pausedAt: 2_500 },
  'paused before its start, kill requested': {
    status: 'paused',
    attempt: anAttempt({ startedAt: null, kill: aKill() }),
    pausedAt: 2_500,
  },
  held: { status: 'running', attempt: anAttempt({ heldAt: 2_500 }) },
  throttled: { status: 'running', attempt: anAttempt({ throttle: { at: 2_500, fromCores: 3 } }) },
  completed: ENDED.completed,
  failed: ENDED.failed,
  'failed by a dependency': {
    ...ENDED.failed,
    reason: 'dependency_failed',
    message: 'its dependency ended killed',
    attempt: null,
    exit: null,
  },
  killed: ENDED.killed,
  interrupted: ENDED.interrupted,
};

/** No requeue: its command has begun, and a task runs twice only on request. */
const BEGUN = {
  queued: 'running',
  could_not_start: 'failed',
  requeue_lost: 'pending',
  adjust: 'running',
  apply_profile: 'running',
  request_kill: 'running',
  ready: 'running',
  pause: 'paused',
  end: 'completed',
  lose: 'interrupted',
  found: 'running',
} as const;

/** The status after each change; a change that is not listed does not apply. */
const TABLE: Record<string, Partial<Record<Change['kind'], TaskStatus>>> = {
  pending: {
    dispatch: 'running',
    place: 'pending',
    request_kill: 'killed',
    adjust: 'pending',
    found: 'running',
  },
  placed: {
    queued: 'pending',
    started: 'running',
    could_not_start: 'failed',
    requeue: 'pending',
    request_kill: 'pending',
    adjust: 'pending',
  },
  'waiting for another': {
    dispatch: 'running',
    place: 'pending',
    request_kill: 'killed',
    dependency_ended: 'pending',
    adjust: 'pending',
    found: 'running',
  },
  'dispatched, not started': {
    queued: 'running',
    started: 'running',
    could_not_start: 'failed',
    requeue: 'pending',
    requeue_lost: 'pending',
    request_kill: 'running',
    adjust: 'running',
    apply_profile: 'running',
    pause: 'paused',
    end: 'completed',
    lose: 'interrupted',
    found: 'running',
  },
  // A task with a kill request must not run again.
  'dispatched, kill requested': {
    queued: 'running',
    started: 'running',
    could_not_start: 'killed',
    requeue: 'killed',
    requeue_lost: 'killed',
    escalate_kill: 'running',
    adjust: 'running',
    apply_profile: 'running',
    pause: 'paused',
    end: 'killed',
    lose: 'killed',
    found: 'running',
  },
  running: { ...BEGUN, hold: 'running', throttle: 'running', extend_time: 'running' },
  throttled: { ...BEGUN, hold: 'running', unthrottle: 'running', extend_time: 'running' },
  held: { ...BEGUN, thaw: 'running', throttle: 'running', extend_time: 'running' },
  paused: {
    queued: 'paused',
    could_not_start: 'failed',
    requeue_lost: 'pending',
    adjust: 'paused',
    apply_profile: 'paused',
    throttle: 'paused',
    extend_time: 'paused',
    request_kill: 'paused',
    ready: 'paused',
    resume: 'running',
    end: 'completed',
    lose: 'interrupted',
    found: 'running',
  },
  'paused before its start': {
    queued: 'paused',
    started: 'paused',
    could_not_start: 'failed',
    requeue_lost: 'pending',
    adjust: 'paused',
    apply_profile: 'paused',
    request_kill: 'paused',
    resume: 'running',
    end: 'completed',
    lose: 'interrupted',
    found: 'running',
  },
  'paused before its start, kill requested': {
    queued: 'paused',
    started: 'paused',
    could_not_start: 'killed',
    requeue: 'killed',
    requeue_lost: 'killed',
    escalate_kill: 'paused',
    adjust: 'paused',
    apply_profile: 'paused',
    resume: 'running',
    end: 'killed',
    lose: 'killed',
    found: 'running',
  },
  completed: { retry: 'pending', found: 'running' },
  failed: { retry: 'pending', found: 'running' },
  'failed by a dependency': { retry: 'pending', revive: 'pending', found: 'running' },
  killed: { retry: 'pending', found: 'running' },
  interrupted: { retry: 'pending', found: 'running' },
};

describe('transition', () => {
  for (const [state, row] of Object.entries(TABLE))
    for (const kind of KINDS) {
      const expected = row[kind];
      it(`${state} + ${kind} -> ${expected ?? 'nothing'}`, () => {
        const task = taskIn(STATES[state] as TaskState);
        assert.equal(transition(task, CHANGES[kind])?.task.state.status, expected);
      });
    }

  const EVENTS: [keyof typeof STATES, Change['kind'], EventName | null][] = [
    ['pending', 'dispatch', null],
    ['pending', 'request_kill', 'ended'],
    ['dispatched, not started', 'started', 'started'],
    ['dispatched, not started', 'could_not_start', 'ended'],
    ['dispatched, not started', 'requeue', 'requeued'],
    ['running', 'request_kill', 'kill_requested'],
    ['running, kill requested', 'escalate_kill', null],
    ['running', 'ready', 'ready'],
    ['running', 'pause', 'paused'],
    ['paused', 'resume', 'resumed'],
    ['running', 'hold', 'held'],
    ['held', 'thaw', 'thawed'],
    ['running', 'throttle', 'throttled'],
    ['throttled', 'unthrottle', 'unthrottled'],
    ['running', 'extend_time', 'time_extended'],
    ['running', 'end', 'ended'],
    ['running', 'lose', 'ended'],
    ['running', 'requeue_lost', 'requeued'],
    ['running', 'adjust', 'adjusted'],
    ['pending', 'adjust', 'adjusted'],
    ['waiting for another', 'dependency_ended', null],
    ['failed', 'retry', 'retrying'],
    ['pending', 'found', null],
    ['failed by a dependency', 'revive', 'requeued'],
  ];
  for (const [state, kind, event] of EVENTS)
    it(`emits ${event ?? 'no event'} for ${kind} in ${state}`, () => {
      const result = transition(taskIn(STATES[state] as TaskState), CHANGES[kind]);
      assert.ok(result);
      assert.equal(result.event?.event ?? null, event);
    });

  it('lets a later SIGKILL replace the signal, but not the cause', () => {
    const kill = aKill({ reason: 'elapsed_exceeded' });
    const task = taskIn({ status: 'running', attempt: anAttempt({ kill }) });
    const result = transition(task, {
      kind: 'request_kill',
      intent: aKill({ signal: 'SIGKILL', at: 9_000 }),
    });
    const state = result?.task.state;
    assert.ok(state?.status === 'running');
    assert.deepEqual(state.attempt.kill, aKill({ reason: 'elapsed_exceeded', signal: 'SIGKILL' }));
  });

  it('keeps the first signal against any later one but SIGKILL', () => {
    const task = taskIn(STATES['running, kill requested'] as TaskState);
    assert.equal(transition(task, { kind: 'request_kill', intent: aKill({ signal: 'SIGINT' }) }), null);
  });

  it('sums the time it was paused', () => {
    let task = taskIn(STATES.running as TaskState);
    for (const [pausedAt, resumedAt] of [
      [3_000, 3_500],
      [4_000, 4_250],
      // A wall clock that was set back does not reduce it.
      [5_000, 1_000],
    ] as const) {
      task = transition(task, { kind: 'pause', at: pausedAt })?.task ?? assert.fail();
      task = transition(task, { kind: 'resume', at: resumedAt })?.task ?? assert.fail();
    }
    assert.ok(task.state.status === 'running');
    assert.equal(task.state.attempt.pausedMs, 750);
  });

  it('adjusts the caps of a running attempt only', () => {
    const envelope = anEnvelope({ memMaxBytes: 15 * GIB });
    const change = { ...CHANGES.adjust, envelope };
    for (const [state, cap] of [
      ['running', 15 * GIB],
      ['paused', 15 * GIB],
      ['pending', null],
    ] as const) {
      const { task } = transition(taskIn(STATES[state] as TaskState), change) ?? assert.fail();
      const { estimate, limits, priority } = change;
      assert.deepEqual([task.estimate, task.limits, task.priority], [estimate, limits, priority]);
      assert.equal(isActive(task.state) ? task.state.attempt.envelope.memMaxBytes : null, cap);
    }
  });

  it('does not modify its argument', () => {
    const task = taskIn(STATES.running as TaskState);
    const before = structuredClone(task);
    for (const kind of KINDS) transition(task, CHANGES[kind]);
    assert.deepEqual(task, before);
  });
});

const anyKill = fc
  .record({
    reason: fc.constantFrom('manual', 'elapsed_exceeded', 'observability_stall' as const),
    at: fc.nat(),
    signal: fc.constantFrom<NodeJS.Signals>('SIGTERM', 'SIGINT', 'SIGKILL'),
  })
  .map((changes) => aKill(changes));
const anyExit = fc
  .constantFrom(anExit(), anExit({ code: 1 }), anExit({ code: null, signal: 'SIGKILL' }))
  .chain((exit) => fc.constantFrom(null, 0, 2).map((oomKills) => ({ exit, oomKills })));
/** A function of the task, because an attempt is numbered by the attempts before it. `found` occurs only at a start. */
const anyChange: fc.Arbitrary<(task: Task) => Change> = fc.oneof(
  fc
    .constantFrom(...KINDS.filter((kind) => kind !== 'dispatch' && kind !== 'place' && kind !== 'found'))
    .map((kind) => () => CHANGES[kind]),
  fc.constantFrom('dispatch' as const, 'place' as const).map((kind) => (task: Task): Change => {
    return { kind, attempt: anAttempt({ number: task.attempts + 1, startedAt: null }) };
  }),
  anyKill.map((intent) => (): Change => ({ kind: 'request_kill', intent })),
  anyExit.map(({ exit, oomKills }) => (): Change => {
    return { kind: 'end', exit, usage: oomKills === null ? null : someUsage({ oomKills }), at: exit.at };
  }),
);

/** Calls back with the task before and after each change that applied. */
function live(changes: readonly ((task: Task) => Change)[], see: (before: Task, after: Task) => void): void {
  let task = aTask();
  for (const change of changes) {
    const next = transition(task, change(task))?.task;
    if (next === undefined) continue;
    see(task, next);
    task = next;
  }
}

function unchangeable(task: Task): Partial<Task> {
  const { attempts, state, history, retriedFrom, estimate, limits, priority, after, ...rest } = task;
  return rest;
}

describe('any sequence of changes', () => {
  const always = (see: (before: Task, after: Task) => void) =>
    fc.assert(fc.property(fc.array(anyChange, { maxLength: 40 }), (changes) => live(changes, see)));

  it('an ended one changes only by a retry', () =>
    always((before, after) => {
      if (isEnded(before.state)) assert.equal(after.state.status, 'pending');
    }));

  it('an ended one has its end dated, a live one has not', () =>
    always((_, { state }) => assert.equal(isEnded(state), 'endedAt' in state && state.endedAt >= 0)));

  it('attempts never decrease, and only dispatch and place add one', () =>
    always((before, after) => {
      const isNew = liveAttemptOf(before.state) === null && liveAttemptOf(after.state) !== null;
      assert.equal(after.attempts, before.attempts + (isNew ? 1 : 0));
    }));

  it('the first kill of an attempt stays its cause to the end', () =>
    always((before, after) => {
      const kill = isActive(before.state) ? before.state.attempt.kill : null;
      if (kill === null || after.state.status === 'failed') return;
      if (isActive(after.state)) assert.equal(after.state.attempt.kill?.reason, kill.reason);
      else assert.equal(after.state.status === 'killed' && after.state.kill.reason, kill.reason);
    }));

  it('keeps the fields that no change may set', () =>
    always((before, after) => assert.deepEqual(unchangeable(after), unchangeable(before))));

  it('has every attempt in the history, or as the current or last one', () =>
    always((_, { attempts, history, retriedFrom, state }) => {
      const numbers = history.map(({ number }) => number);
      const ordered = [...new Set(numbers)].toSorted((a, b) => a - b);
      assert.deepEqual(numbers, ordered);
      assert.ok(numbers.every((number) => number <= attempts) && retriedFrom <= history.length);
      if (state.status !== 'pending' && state.attempt !== null) {
        assert.equal(state.attempt.number, attempts);
        assert.ok(!numbers.includes(attempts));
      }
    }));
});
