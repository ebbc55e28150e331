// The short form of a task for agents, which pay for each byte: what the next step needs, in at most 400 bytes.
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import { bytesOf, compact, cutToFit, fit as fitParts, isShort, SHORT_BYTES } from './fit.ts';

type Part = Partial<TaskView>;
type Key = keyof TaskView;

const IDENTITY = ['name', 'id', 'status', 'deduplicated', 'note'] as const satisfies readonly Key[];
const LIVE = [
  'elapsed_ms',
  'mem_bytes',
  'cpu_cores',
  'kill_reason',
  'silent_ms',
  'progress',
] as const satisfies readonly Key[];
const ENDED = [
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
  'over_estimate',
  'unusual',
  'contention',
] as const satisfies readonly Key[];
const ESTIMATES = [
  'estimated_time_ms',
  'estimated_mem_bytes',
  'estimated_cpu_cores',
] as const satisfies readonly Key[];
/** What earlier runs of the command say of this one. */
const LEARNED = ['unusual', 'advice'] as const satisfies readonly Key[];
/** The tasks around and inside it, and a start beside the core limit. */
const INSIDE = ['parent', 'within_parent', 'children', 'express'] as const satisfies readonly Key[];
/** The answer to `adjust`: what is in force. */
const IN_FORCE = [
  ...ESTIMATES,
  'kill_timeout_ms',
  'mem_max_bytes',
  'cpu_max_cores',
  'observability_interval_ms',
  'priority',
] as const satisfies readonly Key[];

/** `status`: a live task with its estimates, an ended one with those for the next run. */
export function statusView(task: TaskView): Part {
  const inside = INSIDE.filter((key) => task[key] !== false && task[key]?.toString() !== '');
  if (task.status === 'pending')
    return fit(pendingOf(task), [...inside, ...ESTIMATES, 'advice' as const].map(only(task)));
  if (task.ended_at === null)
    return fit(
      pick(task, [...IDENTITY, 'pid', ...LIVE]),
      [...inside, ...ESTIMATES, ...LEARNED, 'started_at' as const].map(only(task)),
    );
  return fit(endedView(task, ['ended_at']), (['suggested_estimates', 'advice'] as const).map(only(task)));
}

export function adjustedView(task: TaskView): Part {
  return fit(pick(task, IDENTITY), IN_FORCE.map(only(task)));
}

/** A live task, as the answer to a change. */
export function liveView(task: TaskView): Part {
  return fit(task.status === 'pending' ? pendingOf(task) : pick(task, [...IDENTITY, ...LIVE]), [
    pick(task, ['advice']),
  ]);
}

/** The object that `wait` prints. After a kill the reason, hint and numbers come first. */
export function endedView(task: TaskView, also: readonly Key[] = []): Part {
  if (task.status !== 'killed')
    return fit(
      pick(task, [...IDENTITY, ...also, 'exit_code', 'signal', 'reason', 'message']),
      ENDED.map(only(task)),
    );
  const { kill_reason, kill_hint, kill_detail } = task;
  const must = {
    kill_reason,
    kill_hint,
    kill_detail: {},
    ...pick(task, [...IDENTITY, ...also, 'suggested_command']),
  };
  const detail = Object.entries(kill_detail ?? {}).filter(([, value]) => value !== null);
  const more = [...ENDED.filter((key) => key !== 'hint'), 'advice' as const].map(only(task));
  const short = fit(must, []);
  const shown: Record<string, string | number | boolean | null> = {};
  for (const [key, value] of detail)
    if (isShort({ ...short, kill_detail: { ...shown, [key]: value } })) shown[key] = value;
  return fit({ ...short, kill_detail: shown }, more);
}

/** Adds each part that still fits. Shortens the longest text when even the first part does not. */
function fit(must: Part, more: readonly Part[]): Part {
  return fitParts(shorten(must), more);
}

const TEXTS = ['note', 'message', 'kill_hint', 'progress', 'waiting'] as const;

function shorten(view: Part): Part {
  let short = view;
  for (const key of TEXTS) {
    const over = bytesOf(short) - SHORT_BYTES;
    const value = short[key];
    if (over <= 0) return short;
    if (value === null || value === undefined) continue;
    if (typeof value === 'string') {
      short = { ...short, [key]: cutToFit(value, short) };
    } else if (key === 'progress' && short.progress) {
      const { done, total, pct, eta_s, source } = short.progress;
      short = { ...short, progress: compact({ done, total, pct, eta_s, source }) as TaskView['progress'] };
    }
  }
  return short;
}

function pendingOf(task: TaskView): Part {
  const { waiting } = task;
  return { ...pick(task, IDENTITY), ...(waiting === null ? {} : { waiting: shortWaiting(waiting) }) };
}

const BLOCKERS_SHOWN = 3;

function shortWaiting(waiting: BlockedView): BlockedView {
  const { dim, short_by, blocked_by, ...rest } = waiting;
  const { expected_start, latest_start, position, outside, hold } = rest as Record<string, unknown>;
  return compact({
    dim,
    hold,
    short_by: hold === undefined ? short_by : undefined,
    blocked_by: blocked_by.slice(0, BLOCKERS_SHOWN),
    outside,
    position,
    expected_start,
    latest_start,
  }) as BlockedView;
}

const only =
  (task: TaskView) =>
  (key: Key): Part =>
    pick(task, [key]);

/** Leaves out fields without a value. */
export function pick(task: TaskView, keys: readonly Key[]): Part {
  return compact(Object.fromEntries(keys.map((key) => [key, shownValue(task, key)]))) as Part;
}

/** Of an advice only the hint: it has the numbers. */
function shownValue(task: TaskView, key: Key): unknown {
  if (key === 'progress' && task.progress) return compact(task.progress);
  return key === 'advice' && task.advice ? task.advice.map(({ hint }) => hint) : task[key];
}
