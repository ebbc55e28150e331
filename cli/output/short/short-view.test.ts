// What agents ask most fits in 400 bytes, in every state of a task.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BlockedView, TaskView } from '../../../src/api/schemas/task.ts';
import { signalHint } from '../../../src/core/answers/reasons.ts';
import { KILL_REASON_NAMES, type KillDetail, type KillReason } from '../../../src/core/kill-reasons.ts';
import type { Progress } from '../../../src/core/progress.ts';
import type { TaskState } from '../../../src/core/task.ts';
import { taskView } from '../../../src/service/views/task-view.ts';
import { aKill, anAttempt, aTask, ENDED, GIB, someUsage } from '../../../test/support/build/build-task.ts';
import { EXAMPLES } from '../../../test/support/example-kills.ts';
import { SHORT_BYTES } from './fit.ts';
import { adjustedView, endedView, liveView, statusView } from './short-view.ts';

const NAME = 'train-resnet50-lr3e-4-fold-07';
const PROGRESS: Progress = {
  done: 12_345,
  total: 98_765,
  pct: 12.5,
  phase: 'preprocessing the validation set',
  failed: 3,
  eta_s: 86_399,
  note: 'loss=1.2345e-4, accuracy=0.98765',
  source: 'output',
};
const WAITING = {
  dim: 'mem',
  requested: 4 * GIB,
  available: GIB,
  limit: 16 * GIB,
  short_by: 3 * GIB,
  blocked_by: ['train-1', 'train-2', 'a-long-name-of-a-task-that-runs', 'another', 'one-more'],
  owners: ['alice'],
  position: 17,
  expected_start: '2026-11-28T19:38:46.608Z',
  expected_start_p90: '2026-11-28T19:48:46.608Z',
  latest_start: '2026-11-28T20:38:46.608Z',
} as unknown as BlockedView;

function view(state: TaskState, more: Partial<TaskView> = {}): TaskView {
  const task = aTask({ name: NAME, state, tags: ['a', 'b'], context: { issue: 7 } });
  const context = {
    nowMs: 3_600_000,
    live: { memBytes: 3_123_456_789, cpuCores: 1.98, silentMs: 12_345, peakMemBytes: 0 },
    progress: PROGRESS,
    waiters: 1,
    children: [],
    waiting: state.status === 'pending' ? WAITING : null,
    logPath: '/home/someone/.local/state/babysit/tasks/01M8HTNJX69W8GSNZ6NRZR08N3/1.log',
    most: { memBytes: 1000 * GIB, cpuCores: 64 },
    ref: NAME,
  };
  return { ...taskView(task, context), ...more };
}

const running: TaskState = { status: 'running', attempt: anAttempt() };
const LAST_LINE = 'x'.repeat(200);
const BUSY = 'busy: using 0.99 cores; 296.8 s of CPU in 300 s, so it computes silently';
const IDLE = 'waits for input: reads from a terminal or a pipe that stays empty (pid 4711, python)';
const DETAILS: readonly [KillReason, KillDetail][] = [
  ...KILL_REASON_NAMES.map((reason): [KillReason, KillDetail] => [reason, EXAMPLES[reason]]),
  ['observability_stall', { ...EXAMPLES.observability_stall, diagnosis: BUSY, is_computing: true }],
  ['observability_stall', { ...EXAMPLES.observability_stall, diagnosis: IDLE, is_computing: false }],
  ['mem_exceeded', { peak_mem_bytes: 13 * GIB, limit_bytes: 12 * GIB, mem_pct_limit_bytes: 12 * GIB }],
  ['system_mem_pressure', { ...EXAMPLES.system_mem_pressure, victim_tier: 'within_estimate' }],
];
const killed = DETAILS.map(([reason, detail]): [string, TaskView] => {
  const kill = aKill({ reason, detail: { ...detail, last_line: LAST_LINE } });
  return [`killed, ${reason}`, view({ ...ENDED.killed, kill })];
});
const STATES: [string, TaskView][] = [
  ['pending', view({ status: 'pending', waitsFor: [], notBefore: null })],
  ['running', view(running)],
  ['being killed', view({ status: 'running', attempt: anAttempt({ kill: aKill() }) })],
  ['paused', view({ status: 'paused', attempt: anAttempt(), pausedAt: 5_000 })],
  [
    'completed',
    view(
      { ...ENDED.completed, usage: someUsage({ cpuWaitSeconds: 12 }) },
      { over_estimate: { elapsed: 1.23, mem: 1.25, cpu: 1.5 } },
    ),
  ],
  ['failed', view({ ...ENDED.failed, message: 'm'.repeat(600) })],
  ['interrupted', view(ENDED.interrupted)],
  ...killed,
];

/** With a name of usual length. */
const named = (task: TaskView): TaskView => JSON.parse(JSON.stringify(task).replaceAll(NAME, 'train-7'));

describe('the short view', () => {
  for (const [what, task] of STATES)
    it(`of a task that is ${what} has at most ${SHORT_BYTES} bytes, its name and its status`, () => {
      const isEnded = task.ended_at !== null;
      for (const short of [
        statusView(task),
        isEnded ? endedView(task) : liveView(task),
        adjustedView(task),
      ]) {
        const text = JSON.stringify(short);
        assert.ok(Buffer.byteLength(text) <= SHORT_BYTES, `${Buffer.byteLength(text)}: ${text}`);
        // The hint of a kill may need the room of the id.
        const id = task.status === 'killed' ? short.id : task.id;
        assert.deepEqual([short.name, short.id, short.status], [NAME, id, task.status]);
      }
    });

  for (const [what, task] of killed)
    it(`of a task that was ${what} begins with the reason and the whole hint, and has the command`, () => {
      for (const one of [task, named(task)]) {
        const short = endedView(one);
        assert.deepEqual(Object.keys(short).slice(0, 2), ['kill_reason', 'kill_hint']);
        assert.equal(short.kill_hint, one.kill_hint);
        assert.equal(short.suggested_command ?? null, one.suggested_command);
      }
    });

  it('of a task with a hint that has no room for all sentences ends with a whole one', () => {
    const sentence = 'Read this sentence of the hint to its very end.';
    const [, task] = killed[0] ?? assert.fail();
    const { kill_hint } = endedView({ ...task, kill_hint: `${sentence} `.repeat(9).trim() });
    assert.match(String(kill_hint), /^(Read this sentence of the hint to its very end\. ?){2,}$/);
  });

  it('of a failed task keeps its message, and leaves out numbers for it', () => {
    const exit = { code: null, signal: 'SIGKILL', at: 5_000 } as const;
    const message = 'ended by SIGKILL, not sent by babysit';
    const short = endedView(view({ ...ENDED.failed, exit, message }));
    assert.deepEqual([short.message, short.hint], [message, signalHint(exit)]);
  });

  it('of a failed task keeps its hint whole, and cuts the message', () => {
    const hint = 'h'.repeat(120);
    const short = endedView(view({ ...ENDED.failed, message: 'word '.repeat(120) }, { hint }));
    assert.equal(short.hint, hint);
    assert.match(String(short.message), /--full/);
  });

  for (const [what, task] of STATES.filter(([, { ended_at }]) => ended_at !== null))
    it(`of a task that is ${what} has as much of its use as fits, and is the same in status`, () => {
      const short = endedView(named(task));
      const use = ['attempt', 'elapsed_ms', 'peak_mem_bytes', 'cpu_seconds'] as const;
      if (task.status === 'killed') assert.equal(typeof short.elapsed_ms, 'number');
      else for (const key of use) assert.equal(typeof short[key], 'number', key);
      const status = statusView(named(task));
      assert.deepEqual({ ...status, ...short }, status);
    });

  it('of a running task has its use, its estimates and its progress', () => {
    const short = statusView(view(running, { progress: null }));
    for (const key of [
      'elapsed_ms',
      'mem_bytes',
      'estimated_mem_bytes',
      'cpu_cores',
      'estimated_cpu_cores',
    ] as const)
      assert.equal(typeof short[key], 'number', key);
    assert.equal(statusView(view(running)).progress?.done, 12_345);
  });

  it('of a pending task names the start, also when it is not known, the owners, and the unit of what is outside', () => {
    const waiting: BlockedView = {
      ...WAITING,
      dim: 'cpu',
      short_by: 1,
      outside: 2,
      expected_start: null,
      blocked_by: [],
    };
    const pending = view({ status: 'pending', waitsFor: [], notBefore: null }, { name: 'eval', waiting });
    const { latest_start, position } = WAITING;
    assert.deepEqual(statusView(pending).waiting, {
      ...{ dim: 'cpu', short_by: 1, blocked_by: [], outside_cpu_cores: 2, position, latest_start },
      ...{ expected_start: null, owners: ['alice'] },
    });
    assert.deepEqual(adjustedView(pending, ['priority']).waiting?.expected_start, null);
  });

  it('of an adjusted task begins with what the caller changed', () => {
    const task = view(running, { nice: 5, background: true });
    const keys = Object.keys(adjustedView(task, ['nice', 'background', 'kill_timeout']));
    assert.deepEqual(keys.slice(3, 6), ['nice', 'background', 'kill_timeout_ms']);
  });

  it('of an adjusted task has what is in force', () => {
    const short = adjustedView(view(running));
    for (const key of [
      'estimated_time_ms',
      'estimated_mem_bytes',
      'kill_timeout_ms',
      'mem_max_bytes',
      'cpu_max_cores',
      'priority',
    ] as const)
      assert.equal(typeof short[key], 'number', key);
  });
});
