// The status of an ended attempt: decided by the kill, then the kernel's OOM counter, then the exit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  aKill,
  anAttempt,
  anExit,
  ENDED,
  GIB,
  someUsage,
  taskIn,
} from '../../test/support/build/build-task.ts';
import {
  type EndedState,
  type Exit,
  isActive,
  isEnded,
  type KillIntent,
  READY,
  TASK_STATUSES,
  type TaskState,
  type Usage,
} from './task.ts';
import { transition } from './transition/transition.ts';

function endOf(exit: Partial<Exit>, kill: KillIntent | null = null, usage: Usage | null = null): EndedState {
  const task = taskIn({ status: 'running', attempt: anAttempt({ kill }) });
  const result = transition(task, { kind: 'end', exit: anExit(exit), usage, at: 5_500 });
  assert.ok(result && isEnded(result.task.state));
  return result.task.state;
}

const SIGKILLED = { code: null, signal: 'SIGKILL' };
const oom = someUsage({ oomKills: 1, oom: 'own_cap' });
const outerOom = someUsage({ oomKills: 1, oom: 'outside' });
const hostOom = someUsage({ oomKills: null, oom: 'outside' });
const overtime = aKill({ reason: 'elapsed_exceeded' });

describe('verdict', () => {
  const TABLE: [string, Partial<Exit>, KillIntent | null, Usage | null, object][] = [
    ['exit 0', {}, null, null, { status: 'completed' }],
    ['exit 0 after an OOM of a child', {}, null, oom, { status: 'completed' }],
    ['exit 3', { code: 3 }, null, null, { status: 'failed', reason: 'exit' }],
    [
      'a signal that babysit did not send',
      { code: null, signal: 'SIGSEGV' },
      null,
      null,
      { status: 'failed', reason: 'exit' },
    ],
    ['exit 137 without an OOM', { code: 137 }, null, someUsage(), { status: 'failed', reason: 'exit' }],
    [
      'exit 137 with an OOM',
      { code: 137 },
      null,
      oom,
      { status: 'killed', kill: 'cgroup_oom_killed', graceful: false },
    ],
    [
      'exit 1 with an OOM',
      { code: 1 },
      null,
      oom,
      { status: 'killed', kill: 'cgroup_oom_killed', graceful: false },
    ],
    [
      'SIGKILL with an OOM',
      SIGKILLED,
      null,
      oom,
      { status: 'killed', kill: 'cgroup_oom_killed', graceful: false },
    ],
    [
      'SIGKILL with an OOM of an outer group',
      SIGKILLED,
      null,
      outerOom,
      { status: 'killed', kill: 'kernel_oom', graceful: false },
    ],
    [
      'exit 1 with an OOM of an outer group',
      { code: 1 },
      null,
      outerOom,
      { status: 'killed', kill: 'kernel_oom', graceful: false },
    ],
    [
      'SIGKILL when only the host counts an OOM',
      SIGKILLED,
      null,
      hostOom,
      { status: 'killed', kill: 'kernel_oom', graceful: false },
    ],
    [
      'exit 137 when only the host counts an OOM',
      { code: 137 },
      null,
      hostOom,
      { status: 'failed', reason: 'exit' },
    ],
    ['SIGKILL without an OOM', SIGKILLED, null, someUsage(), { status: 'failed', reason: 'exit' }],
    ['SIGKILL, nothing measured', SIGKILLED, null, null, { status: 'failed', reason: 'exit' }],
    [
      'a kill, then exit 0',
      {},
      overtime,
      null,
      { status: 'killed', kill: 'elapsed_exceeded', graceful: true },
    ],
    [
      'a kill, then exit 5',
      { code: 5 },
      overtime,
      null,
      { status: 'killed', kill: 'elapsed_exceeded', graceful: true },
    ],
    [
      'a kill, then SIGKILL',
      SIGKILLED,
      overtime,
      null,
      { status: 'killed', kill: 'elapsed_exceeded', graceful: false },
    ],
    [
      'a kill that reached SIGKILL, then exit 0',
      {},
      aKill({ killedAt: 4_000 }),
      null,
      { status: 'killed', kill: 'manual', graceful: false },
    ],
    [
      'a kill, then an OOM in the grace',
      SIGKILLED,
      overtime,
      oom,
      { status: 'killed', kill: 'elapsed_exceeded', graceful: false },
    ],
  ];
  for (const [what, exit, kill, usage, expected] of TABLE)
    it(`${what} is ${JSON.stringify(expected)}`, () => {
      const state = endOf(exit, kill, usage);
      const shown = {
        status: state.status,
        ...(state.status === 'failed' ? { reason: state.reason } : {}),
        ...(state.status === 'killed' ? { kill: state.kill.reason, graceful: state.stoppedGracefully } : {}),
      };
      assert.deepEqual(shown, expected);
      assert.deepEqual(state.exit, anExit(exit));
      assert.equal(state.endedAt, 5_500);
    });

  it('for an OOM of the kernel has cap, peak and count', () => {
    const state = endOf(SIGKILLED, null, oom);
    assert.ok(state.status === 'killed');
    assert.deepEqual(state.kill.detail, { cap_bytes: 12 * GIB, peak_mem_bytes: 3.5 * GIB, oom_kills: 1 });
  });

  it('for an OOM of an outer group has the peak without page cache', () => {
    const state = endOf(SIGKILLED, null, outerOom);
    assert.ok(state.status === 'killed');
    assert.deepEqual(state.kill.detail, { cap_bytes: 12 * GIB, peak_mem_bytes: 3 * GIB, oom_kills: 1 });
  });

  it('for a signal says that babysit did not send it', () => {
    const state = endOf(SIGKILLED, null, someUsage());
    assert.ok(state.status === 'failed');
    assert.equal(state.message, 'ended by SIGKILL, not sent by babysit');
  });

  it('for an OOM that the watchdog saw has the peak of the kernel, which the samples may have missed', () => {
    const detail = { cap_bytes: 12 * GIB, peak_mem_bytes: 1, oom_kills: 1 };
    const state = endOf(SIGKILLED, aKill({ reason: 'cgroup_oom_killed', detail }), oom);
    assert.ok(state.status === 'killed');
    assert.deepEqual(state.kill.detail, { ...detail, peak_mem_bytes: 3.5 * GIB });
  });

  const LOST = [
    ['supervisor_lost', null, 'interrupted'],
    ['host_rebooted', null, 'interrupted'],
    ['supervisor_lost', aKill(), 'killed'],
    ['records_removed', null, 'interrupted'],
    ['records_removed', aKill(), 'killed'],
    ['host_rebooted', aKill(), 'interrupted'],
    ['logged_out', aKill(), 'interrupted'],
  ] as const;
  for (const [reason, kill, status] of LOST)
    it(`without an exit record, ${reason}${kill ? ' after a kill' : ''} is ${status}`, () => {
      const task = taskIn({ status: 'running', attempt: anAttempt({ kill }) });
      const result = transition(task, { kind: 'lose', reason, usage: null, at: 5_000 });
      assert.equal(result?.task.state.status, status);
    });
});

it('every status is either live or ended, and those with an attempt under way are live', () => {
  const ended = Object.keys(ENDED);
  const live = TASK_STATUSES.filter((status) => !ended.includes(status));
  assert.deepEqual([...TASK_STATUSES], [...live, ...ended]);
  for (const state of Object.values(ENDED)) assert.ok(isEnded(state) && !isActive(state));
  const LIVE: TaskState[] = [
    { status: 'pending', ...READY },
    { status: 'running', attempt: anAttempt() },
    { status: 'paused', attempt: anAttempt(), pausedAt: 2_500 },
  ];
  assert.deepEqual(
    LIVE.map((state) => [state.status, isEnded(state), isActive(state)]),
    live.map((status) => [status, false, status !== 'pending']),
  );
});

describe('a second request to kill', () => {
  /** What a second request changes in a kill: [first, second, signal and stop grace then; null: nothing]. */
  const SECOND: [Partial<KillIntent>, Partial<KillIntent>, [string, number | undefined] | null][] = [
    [{}, {}, null],
    [{}, { signal: 'SIGINT' }, null],
    [{}, { signal: 'SIGKILL' }, ['SIGKILL', undefined]],
    [{ signal: 'SIGKILL' }, { signal: 'SIGKILL' }, null],
    [{ stopGraceMs: 60_000 }, { stopGraceMs: 60_000 }, null],
    [{ stopGraceMs: 60_000 }, { signal: 'SIGINT' }, ['SIGINT', undefined]],
    [{ stopGraceMs: 60_000 }, { signal: 'SIGKILL' }, ['SIGKILL', undefined]],
  ];
  for (const [first, second, expected] of SECOND)
    it(`takes ${JSON.stringify(second)} after ${JSON.stringify(first)} for ${JSON.stringify(expected)}`, () => {
      const task = taskIn({ status: 'running', attempt: anAttempt({ kill: aKill(first) }) });
      const next = transition(task, { kind: 'request_kill', intent: aKill(second) })?.task.state;
      const kill = next?.status === 'running' ? next.attempt.kill : null;
      assert.deepEqual(kill && [kill.signal, kill.stopGraceMs], expected);
    });
});
