// A frame of GET /v1/live with the given tasks.
import type { Frame } from '../../../cli/client/frames.ts';
import type { HostPoint, LiveStatus, LiveTask } from '../../../src/api/schemas/observe/live.ts';
import type { BlockedView, TaskView } from '../../../src/api/schemas/task.ts';
import type { Task, TaskState } from '../../../src/core/task.ts';
import { taskRow } from '../../../src/service/views/task-row.ts';
import { taskView } from '../../../src/service/views/task-view.ts';
import { anAttempt, aTask, ENDED, GIB, MIB } from './build-task.ts';

export const AT_MS = Date.UTC(2026, 10, 28, 12, 0, 0);

export function aHostPoint(at = AT_MS, more: Partial<HostPoint> = {}): HostPoint {
  return {
    at,
    mem_total_bytes: 16 * GIB,
    mem_reserve_bytes: 2 * GIB,
    mem_ours_bytes: 4 * GIB,
    mem_outside_bytes: 2 * GIB,
    cpu_cores: 2.5,
    cpu_ours_cores: 2,
    cpu_outside_cores: 0.5,
    psi_cpu_pct: 12,
    psi_mem_pct: 0,
    psi_io_pct: 3,
    disk_free_bytes: 100 * GIB,
    running: 1,
    pending: 1,
    ...more,
  };
}

export function aRunningView(name: string, more: Partial<LiveTask> = {}): LiveTask {
  return {
    ...viewOf(name, { status: 'running', attempt: anAttempt() }),
    status: 'running',
    started_at: iso(-60_000),
    elapsed_ms: 60_000,
    estimated_time_ms: 600_000,
    kill_timeout_ms: 1_200_000,
    observability_interval_ms: 300_000,
    silent_ms: 1000,
    mem_bytes: 350 * MIB,
    estimated_mem_bytes: 2 * GIB,
    mem_max_bytes: 6 * GIB,
    cpu_cores: 1.5,
    estimated_cpu_cores: 2,
    ...more,
  };
}

export const BLOCKED: BlockedView = {
  dim: 'mem',
  requested: 6 * GIB,
  available: GIB,
  limit: 14 * GIB,
  short_by: 5 * GIB,
  blocked_by: ['train', 'build'],
  owners: ['anna'],
  position: 3,
  expected_start: iso(90_000),
  latest_start: iso(600_000),
};

export function aPendingView(name: string, waiting: Partial<BlockedView> = {}): LiveTask {
  const view = viewOf(name, { status: 'pending', waitsFor: [], notBefore: null });
  return { ...view, status: 'pending', waiting: { ...BLOCKED, ...waiting } };
}

export function aKilledView(name: string, more: Partial<LiveTask> = {}): LiveTask {
  return {
    ...viewOf(name, ENDED.killed),
    status: 'killed',
    ended_at: iso(-30_000),
    kill_reason: 'elapsed_exceeded',
    kill_hint: 'Raise --kill_timeout.',
    ...more,
  };
}

const CONTEXT = {
  nowMs: AT_MS,
  live: null,
  progress: null,
  waiting: null,
  most: { memBytes: 16 * GIB, cpuCores: 8 },
  ref: 'task',
};
const NOT_MEASURED = { last_line: null, io_read_bytes_per_s: null, io_write_bytes_per_s: null };

/** Every field of a running task. */
export function aWholeView(more: Partial<Task>): TaskView {
  const context = { ...CONTEXT, waiters: 0, children: [], logPath: null };
  return taskView(aTask({ state: { status: 'running', attempt: anAttempt() }, ...more }), context);
}

function viewOf(name: string, state: TaskState): LiveTask {
  return {
    ...taskRow(aTask({ name, state }), CONTEXT),
    ...NOT_MEASURED,
    id: `01M8HTNJX69W8GSNZ6${name.toUpperCase()}`,
  };
}

export function aFrame(more: Partial<Frame> = {}): Frame {
  const { running = [], pending = [] } = more;
  const status = {
    host: { hostname: 'ark', cores: 8, mem_total_bytes: 16 * GIB, outside: [] },
    daemon: { not_enforced: [] },
    tasks: { running: running.length, paused: 0, pending: pending.length, tickets: 0 },
    profile: 'normal',
    pressure: [],
    notices: [],
    holds: [],
    leases: [],
  } as unknown as LiveStatus;
  return {
    event: 'frame',
    at: AT_MS,
    host: aHostPoint(),
    status,
    running: [],
    pending: [],
    ended: [],
    outside: [],
    hold: null,
    ...more,
  };
}

function iso(fromNowMs: number): string {
  return new Date(AT_MS + fromNowMs).toISOString();
}
