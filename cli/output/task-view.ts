// Selects the fields of a task that a caller needs for its next step.
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';

type Part = Partial<TaskView>;

const LIVE = [
  'name',
  'id',
  'status',
  'deduplicated',
  'elapsed_ms',
  'mem_bytes',
  'cpu_cores',
  'silent_ms',
  'progress',
] as const;
const ENDED = [
  'name',
  'id',
  'status',
  'deduplicated',
  'exit_code',
  'signal',
  'stopped_gracefully',
  'reason',
  'message',
  'hint',
  'attempt',
  'elapsed_ms',
  'peak_mem_bytes',
  'cpu_seconds',
] as const;
const KILL = ['kill_reason', 'kill_hint', 'kill_detail'] as const;
const ROW = [
  'name',
  'status',
  'elapsed_ms',
  'mem_bytes',
  'cpu_cores',
  'progress',
  'exit_code',
  'signal',
  'kill_reason',
  'reason',
] as const;

/** The object that `wait` prints. After a kill the reason, hint and numbers come first. */
export function terminalView(task: TaskView, full: boolean): Part {
  const kill = task.status === 'killed' ? pick(task, KILL) : {};
  const next = task.status === 'killed' ? pick(task, ['suggested_estimates']) : {};
  return { ...kill, ...(full ? task : { ...pick(task, ENDED), ...next }) };
}

/** For one task. */
export function taskView(task: TaskView, full: boolean): Part {
  if (full) return task;
  if (task.status === 'pending') return { ...pick(task, LIVE), ...waitingOf(task.waiting) };
  if (task.ended_at === null) return { ...pick(task, LIVE), ...pick(task, ['kill_reason']) };
  return terminalView(task, false);
}

/** For one row of a list. */
export function rowView(task: TaskView, full: boolean): Part {
  return full ? task : { ...pick(task, ROW), ...waitingOf(task.waiting) };
}

function waitingOf(waiting: BlockedView | null): Part {
  return waiting === null ? {} : { waiting };
}

/** Leaves out fields without a value. */
function pick(task: TaskView, keys: readonly (keyof TaskView)[]): Part {
  return Object.fromEntries(
    keys.flatMap((key) => (task[key] === null || task[key] === undefined ? [] : [[key, task[key]]])),
  );
}
