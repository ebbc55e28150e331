// A busy host as the daemon's views show it: running tasks, two of them in danger, a queue, ends, and other programs.
import type { HistoryView } from '../../src/api/schemas/observe/history-summary.ts';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import type { Task, TaskState } from '../../src/core/task.ts';
import { taskView } from '../../src/service/views/task-view.ts';
import {
  aKill,
  anAttempt,
  anEnvelope,
  anEstimate,
  aTask,
  ENDED,
  GIB,
  MIB,
  someUsage,
  taskId,
} from './build/build-task.ts';
import { EXAMPLES } from './example-kills.ts';

const MINUTE = 60_000;

export interface Scene {
  readonly now: number;
  readonly running: TaskView[];
  readonly pending: TaskView[];
  readonly ended: TaskView[];
  readonly outside: StatusView['host']['outside'];
  readonly status: StatusView;
}

interface Shown {
  readonly task?: Partial<Task>;
  readonly live?: { memBytes: number; cpuCores: number; silentMs: number };
  readonly waiting?: BlockedView;
  readonly pct?: number;
  readonly etaS?: number;
  readonly cap?: number;
}

/** `mark` is added to every text that a caller or another program controls. */
export function busyScene(now: number, mark = ''): Scene {
  const view = (n: number, name: string, state: TaskState, shown: Shown = {}): TaskView => {
    const { live = null, waiting = null, pct, etaS } = shown;
    const task = aTask({
      id: taskId(n),
      name,
      owner: `agent-${n % 3}${mark}`,
      project: `/home/ada/projects/service-${n % 2}${mark}`,
      command: { kind: 'shell', line: `make -C services/${name} test JOBS=4 ${mark}` } as Task['command'],
      tags: [`nightly${mark}`],
      state,
      submittedAt: now - 9 * MINUTE,
      ...shown.task,
    });
    return taskView(task, {
      nowMs: now,
      live: live === null ? null : { ...live, peakMemBytes: live.memBytes },
      progress:
        pct === undefined
          ? null
          : {
              done: Math.round(pct * 4.2),
              total: 420,
              pct,
              phase: `unit tests${mark}`,
              failed: null,
              eta_s: etaS ?? null,
              note: `loss=0.12${mark}`,
              source: 'output',
            },
      waiters: 1,
      children: [],
      waiting,
      logPath: null,
      most: { memBytes: 32 * GIB, cpuCores: 16 },
      ref: name,
    });
  };
  const running = (startedMin: number, memMaxBytes: number): TaskState => ({
    status: 'running',
    attempt: anAttempt({ startedAt: now - startedMin * MINUTE, envelope: anEnvelope({ memMaxBytes }) }),
  });
  const waits = (position: number, inMin: number, changes: Partial<BlockedView> = {}): BlockedView => ({
    dim: 'mem',
    requested: 8 * GIB,
    available: 3.2 * GIB,
    limit: 22 * GIB,
    short_by: 4.8 * GIB,
    blocked_by: [`train-resnet${mark}`, `bench-io${mark}`],
    owners: [`agent-1${mark}`],
    position,
    expected_start: new Date(now + inMin * MINUTE).toISOString(),
    latest_start: new Date(now + 1.7 * inMin * MINUTE).toISOString(),
    ...changes,
  });
  const pending: TaskState = { status: 'pending', waitsFor: [], notBefore: null };
  const estimate = (minutes: number, gib: number, cpuCores: number) => ({
    estimate: anEstimate({ timeMs: minutes * MINUTE, memBytes: gib * GIB, cpuCores }),
  });
  const killed = (reason: 'mem_exceeded' | 'observability_stall', endedMin: number): TaskState => ({
    ...ENDED.killed,
    attempt: anAttempt({ startedAt: now - 30 * MINUTE }),
    endedAt: now - endedMin * MINUTE,
    kill: aKill({
      reason,
      detail: {
        ...EXAMPLES[reason],
        ...(mark === '' ? {} : { last_line: mark, diagnosis: `stdin: ${mark}` }),
      },
    }),
    usage: someUsage({ peakMemBytes: 9.4 * GIB }),
  });
  const scene = {
    running: [
      view(41, 'train-resnet', running(18, 24 * GIB), {
        task: {
          ...estimate(25, 8, 4),
          limits: {
            killTimeoutMs: 50 * MINUTE,
            observabilityMs: 5 * MINUTE,
            isStrict: false,
            memPctLimit: 40,
            cpuPctLimit: 90,
          },
        },
        live: { memBytes: 17.2 * GIB, cpuCores: 3.8, silentMs: 2_000 },
        pct: 71,
        etaS: 440,
      }),
      view(42, 'bench-io', running(6, 6 * GIB), {
        task: estimate(10, 2, 2),
        live: { memBytes: 1.3 * GIB, cpuCores: 0.4, silentMs: 270_000 },
      }),
      view(43, 'unit-tests', running(2, 3 * GIB), {
        task: estimate(5, 1, 2),
        live: { memBytes: 610 * MIB, cpuCores: 1.9, silentMs: 400 },
        pct: 42.5,
        etaS: 165,
      }),
      view(
        44,
        'docs-site',
        { status: 'paused', attempt: anAttempt({ startedAt: now - 4 * MINUTE }), pausedAt: now - MINUTE },
        { task: estimate(8, 1, 1), live: { memBytes: 300 * MIB, cpuCores: 0, silentMs: 60_000 } },
      ),
    ],
    pending: [
      view(51, 'train-bert', pending, { task: estimate(40, 8, 4), waiting: waits(1, 7) }),
      view(52, 'integration', pending, {
        task: { ...estimate(12, 4, 2), priority: 10 },
        waiting: waits(2, 9, { dim: 'cpu', requested: 2, available: 0.5, blocked_by: [`unit-tests${mark}`] }),
      }),
      view(53, 'package', pending, {
        task: estimate(3, 1, 1),
        waiting: waits(3, 21, { dim: 'after', blocked_by: [`integration${mark}`] }),
      }),
    ],
    ended: [
      view(31, 'etl-night', killed('mem_exceeded', 3), { task: estimate(20, 4, 2) }),
      view(32, 'crawl', killed('observability_stall', 8), { task: estimate(20, 4, 2) }),
      view(
        33,
        'lint',
        {
          ...ENDED.completed,
          attempt: anAttempt({ startedAt: now - 13 * MINUTE }),
          endedAt: now - 11 * MINUTE,
        },
        { task: estimate(2, 1, 1) },
      ),
      view(
        34,
        'typecheck',
        { ...ENDED.failed, attempt: anAttempt({ startedAt: now - 15 * MINUTE }), endedAt: now - 14 * MINUTE },
        { task: estimate(2, 1, 1) },
      ),
    ],
    outside: [
      {
        name: `cc1plus${mark}`,
        processes: 9,
        mem_bytes: 4.1 * GIB,
        cpu_cores: 2.4,
        belongs_to: `claude 7f3a${mark}`,
      },
      { name: 'firefox', processes: 12, mem_bytes: 3.3 * GIB, cpu_cores: 0.3, belongs_to: null },
      { name: 'postgres', processes: 7, mem_bytes: 1.1 * GIB, cpu_cores: 0.1, belongs_to: 'pts/3' },
    ],
  };
  return { now, ...scene, status: statusOf(scene, mark) };
}

function statusOf({ outside, running, pending }: Omit<Scene, 'now' | 'status'>, mark: string): StatusView {
  return {
    host: {
      hostname: `forge${mark}`,
      cores: 16,
      mem_total_bytes: 32 * GIB,
      mem_available_bytes: 11 * GIB,
      stalled: { memory_full_pct: 1.2, cpu_some_pct: 31, io_full_pct: 3 },
      outside,
    },
    daemon: {
      pid: 4711,
      version: '0.1.0',
      started_at: '2026-11-28T08:00:00.000Z',
      driver: 'v2',
      not_enforced: [],
      home: '/home/ada/.local/state/babysit',
      node: 'v24.0.0',
    },
    capacity: {
      mem_limit_bytes: 22 * GIB,
      mem_outside_bytes: 8.5 * GIB,
      mem_running_bytes: 19 * GIB,
      mem_pending_bytes: 13 * GIB,
      mem_leased_bytes: 0,
      mem_available_bytes: 3.2 * GIB,
      cpu_limit_cores: 14,
      cpu_outside_cores: 3,
      cpu_reserved_cores: 10.5,
      cpu_available_cores: 0.5,
    },
    tasks: { running: running.length - 1, paused: 1, pending: pending.length, tickets: 0 },
    profile: 'normal',
    pressure: [],
    levers: [],
    holds: mark === '' ? [] : [aHold(mark)],
    running: [],
    leases: [],
    notices: mark === '' ? [] : [{ what: `what${mark}`, reason: `reason${mark}`, fix: `fix${mark}` }],
    queue: [],
  };
}

function aHold(mark: string): StatusView['holds'][number] {
  const who = {
    scope: 'owner',
    of: `ci${mark}`,
    reason: `call${mark}`,
    by: `ada${mark}`,
    until: null,
  } as const;
  const since = '2026-11-28T08:00:00.000Z';
  return {
    ...who,
    name: null,
    since,
    drain: false,
    held: 2,
    running: 1,
    expected_end: null,
    latest_end: null,
  };
}

/** A week of ends: every group has a habit of its own. */
export function someHistory(scene: Scene, now: number, by: HistoryView['by']): HistoryView {
  const { owner, project } = scene.ended[0] ?? {};
  const commands = ['make all', 'cargo test', 'pytest -q', 'npm run build', 'python train.py --lr 0.1'];
  const keys = {
    command: commands.map((command) => `${command} ${project}`),
    owner: [`${owner}`],
    project: [`${project}`],
  };
  const day = 86_400_000;
  const quantiles = (p50: number, p90: number) => ({ n: 120, p50, p90 });
  const tally = (kind: number, tasks: number): Omit<HistoryView['groups'][number], 'key'> => ({
    tasks,
    completed: tasks - 14,
    failed: 7,
    killed: 5,
    interrupted: 2,
    ran_ms: tasks * (40 + 60 * kind) * 1000,
    cpu_seconds: tasks * 50,
    wait_ms: quantiles(60_000 * (1 + kind), 200_000 * (1 + kind)),
    waited_ms: tasks * 60_000,
    lost_ms: 900_000,
    lost_cpu_seconds: 700,
    time_ratio: quantiles([1.2, 2.5, 0.9, 6, 1.6][kind] ?? 1, [1.4, 4, 1.3, 9, 2][kind] ?? 2),
    mem_ratio: quantiles(4 / (0.6 + kind * 0.7), 4.4 / (0.6 + kind * 0.7)),
    cpu_ratio: kind === 0 ? null : quantiles(1.1, 2),
    unused_mem_byte_s: tasks * 60 * 2 * GIB,
    unused_core_s: tasks * 30,
  });
  const kills = ['mem_exceeded', 'observability_stall', 'elapsed_exceeded', 'host_restarted'];
  return {
    since: new Date(now - 7 * day).toISOString(),
    until: new Date(now).toISOString(),
    by,
    ...tally(1, 600),
    groups: keys[by].map((key, kind) => ({ key, ...tally(kind, 120) })),
    left_out: 0,
    kills: kills.map((reason, i) => ({
      reason,
      attempts: 12 - 3 * i,
      lost_ms: (40 - 9 * i) * MINUTE,
      lost_cpu_seconds: 500 - 100 * i,
    })),
    spans: Array.from({ length: 48 }, (_, i) => ({
      at: now - 7 * day + (i * 7 * day) / 48,
      completed: 8 + Math.round(6 * Math.sin(i / 4)),
      failed: i % 5 === 3 ? 2 : 0,
      killed: i % 7 === 5 ? 1 : 0,
      wait_ms: 40_000 * (2 + Math.sin(i / 3)),
      mem_ours_pct: 40,
      mem_outside_pct: 20,
      cpu_ours_pct: 50,
      cpu_outside_pct: 12,
    })),
    span_ms: (7 * day) / 48,
    idle: {
      recorded_ms: 6 * day,
      free_mem_pct: 31.5,
      free_cpu_pct: 42,
      waiting_ms: day,
      free_mem_pct_waiting: 12,
      free_cpu_pct_waiting: 4.5,
    },
  };
}
