// When a submitted task starts, in words.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestRunView } from '../../src/api/schemas/capacity.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { assumedText, startText, testText } from './start-text.ts';

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

describe('the start of a tested task', () => {
  const at = (inMs: number | null) => (inMs === null ? null : new Date(NOW + inMs).toISOString());
  const blocked = (inMs: number | null) => ({
    starts_now: false,
    waiting: { dim: 'cpu', blocked_by: ['a'] } as TestRunView['waiting'],
    expected_start: at(inMs),
  });
  const TABLE: [Partial<TestRunView>, string][] = [
    [{ starts_now: true, waiting: null, expected_start: at(0) }, 'would start now'],
    [blocked(45_000), 'would wait: starts in about 45s (behind a)'],
    [blocked(null), 'would wait: waits for cpu (behind a)'],
    [
      { ...blocked(600_000), elsewhere: { engine: 'slurm', expected_start: at(0) ?? '' } },
      'would wait: starts in about 10m (behind a); sooner with --engine=slurm',
    ],
    [
      { starts_now: false, waiting: null, engine: 'slurm', expected_start: at(60_000) },
      'would wait on slurm: starts in about 1m',
    ],
    [
      { starts_now: false, waiting: null, engine: 'slurm', expected_start: null },
      'would wait on slurm: no start is known',
    ],
  ];
  for (const [view, text] of TABLE) it(text, () => assert.equal(testText(view as TestRunView, NOW), text));
});

describe('what a request left out', () => {
  type Source = TaskView['estimates']['time'];
  const task = (time: Partial<Source>, mem: Partial<Source>, cpu: Partial<Source>) =>
    ({
      estimated_time_ms: 120_000,
      estimated_mem_bytes: 300 * 1024 ** 2,
      estimated_cpu_cores: 1.5,
      kill_timeout_ms: 240_000,
      observability_interval_ms: 0,
      estimates: { time, mem, cpu },
    }) as TaskView;
  const learned = { from: 'learned', n: 4 } as const;
  const byDefault = { from: 'default', n: null } as const;
  const end = '; killed after 4m, or far above an estimate';
  const all = { estimated_time: '1m', estimated_mem_bytes: '1G', estimated_cpu_cores: 1 };
  const TABLE: [Parameters<typeof assumedText>, string | null][] = [
    [[task(learned, learned, learned), all], null],
    [[task(byDefault, byDefault, byDefault), {}], `assumed 2m, 300M, 1.5 cores${end}`],
    [[task(learned, learned, learned), {}], `assumed 2m, 300M, 1.5 cores (learned from 4 runs)${end}`],
    [
      [{ ...task(byDefault, byDefault, byDefault), estimated_cpu_cores: 1 }, {}],
      `assumed 2m, 300M, 1 core${end}`,
    ],
    [
      [task(byDefault, { from: 'learned', n: 1 }, { from: 'rule' }), {}],
      `assumed 2m, 300M (learned from one run), 1.5 cores (usual for this kind of command)${end}`,
    ],
    [
      [task(byDefault, learned, byDefault), { ...all, estimated_mem_bytes: undefined }],
      `assumed 300M (learned from 4 runs)${end}`,
    ],
  ];
  for (const [args, text] of TABLE) it(String(text), () => assert.equal(assumedText(...args), text));
});
