// The view of a task as it was at the end of an earlier attempt: the request of now, the outcome of then.
import type { TaskView } from '../../api/schemas/task.ts';
import type { PastAttempt } from '../../core/task.ts';
import { roundCores } from '../../units/number.ts';
import { iso } from './task-row.ts';
import { peakCores } from './task-view.ts';

/** What is not kept of an earlier attempt, or holds only for the present one. */
const NOT_KEPT = {
  held_at: null,
  throttled_at: null,
  ready_at: null,
  pid: null,
  driver: null,
  unit: null,
  mem_max_bytes: null,
  cpu_max_cores: null,
  pids_max: null,
  mem_bytes: null,
  cpu_cores: null,
  silent_ms: null,
  progress: null,
  waiters: 0,
  children: [],
  within_parent: false,
  waiting: null,
  kill_detail: null,
  stopped_gracefully: null,
  message: null,
  unusual: null,
  over_estimate: null,
  contention: null,
  suggested_estimates: null,
  suggested_command: null,
} as const satisfies Partial<TaskView>;

/** `present`: the view of the task now. `logPath`: the log of that attempt; null when it never began. */
export function pastEndView(present: TaskView, past: PastAttempt, logPath: string | null): TaskView {
  const { number, status, reason, startedAt, endedAt, exit, usage } = past;
  const isKill = status === 'killed';
  const elapsed = startedAt === null ? null : Math.max(0, endedAt - startedAt);
  const hint = `The task was retried after this end: babysit status ${present.id}`;
  return {
    ...present,
    ...NOT_KEPT,
    status: status as TaskView['status'],
    attempt: number,
    started_at: iso(startedAt),
    ended_at: iso(endedAt),
    elapsed_ms: elapsed,
    exit_code: exit?.code ?? null,
    signal: exit?.signal ?? null,
    reason: isKill ? null : reason,
    hint: isKill ? null : hint,
    kill_reason: isKill ? (reason as TaskView['kill_reason']) : null,
    kill_hint: isKill ? hint : null,
    peak_mem_bytes: usage?.peakMemBytes ?? null,
    peak_mem_cached_bytes: usage?.peakMemCachedBytes ?? null,
    peak_cpu_cores: roundCores(peakCores(usage, elapsed && Math.max(1, elapsed))),
    cpu_seconds: usage?.cpuSeconds ?? null,
    io_read_bytes: usage?.ioReadBytes ?? null,
    io_write_bytes: usage?.ioWriteBytes ?? null,
    oom_kills: usage?.oomKills ?? null,
    log_path: logPath,
    history: present.history.filter(({ attempt }) => attempt < number),
  };
}
