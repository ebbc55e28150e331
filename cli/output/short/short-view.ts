// The short form of a task for agents, which pay for each byte: what the next step needs, in at most 400 bytes.
import type { HeldByView } from '../../../src/api/schemas/hold.ts';
import type { BlockedView, TaskView } from '../../../src/api/schemas/task.ts';
import {
  bytesOf,
  compact,
  cutToFit,
  fitHold,
  fit as fitParts,
  isShort,
  outsideView,
  SHORT_BYTES,
} from './fit.ts';

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
/** What a run used, in every end. The last ones give way first. */
const USED = ['elapsed_ms', 'peak_mem_bytes', 'cpu_seconds', 'attempt'] as const satisfies readonly Key[];
const ENDED = [
  'exit_code',
  'signal',
  'stopped_gracefully',
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
    return fit(pendingOf(task), [
      ownersOf(task),
      ...[...inside, ...ESTIMATES, 'advice' as const].map(only(task)),
    ]);
  if (task.ended_at === null)
    return fit(
      pick(task, [...IDENTITY, 'pid', ...LIVE]),
      [...inside, ...ESTIMATES, ...LEARNED, 'started_at' as const].map(only(task)),
    );
  return fit(endedView(task), (['ended_at', 'suggested_estimates', 'advice'] as const).map(only(task)));
}

/** `asked`: the fields of the request. What they are now comes first, and for a pending task when it starts. */
export function adjustedView(task: TaskView, asked: readonly string[] = []): Part {
  const names = asked.flatMap((name) => [name, `${name}_ms`]);
  const changed = names.filter((name): name is Key => name in task && name !== 'hint');
  const must = task.status === 'pending' ? pendingOf(task) : pick(task, IDENTITY);
  return fit(must, [...changed, ...IN_FORCE].map(only(task)));
}

/** A live task, as the answer to a change. */
export function liveView(task: TaskView): Part {
  return fit(task.status === 'pending' ? pendingOf(task) : pick(task, [...IDENTITY, ...LIVE]), [
    pick(task, ['advice']),
  ]);
}

/** The object that `wait` prints. */
export function endedView(task: TaskView): Part {
  if (task.status === 'killed') return killedView(task);
  const must = pick(task, [...IDENTITY, 'exit_code', 'signal', 'reason', 'message', 'hint']);
  // A message without room is cut so far that the use has some.
  const view = [must, shorten({ ...must, ...pick(task, USED) })].find(isShort) ?? must;
  return fit(view, [...USED, ...ENDED].map(only(task)));
}

/**
 * The hint comes whole where it fits beside the name and the command: it says what to do, and repeats the number that led
 * to the kill. The id, the use and the numbers of the kill take the room that it leaves.
 */
function killedView(task: TaskView): Part {
  // How a task ended that was stopped on purpose, perhaps to be resumed.
  const end = task.kill_reason === 'manual' ? (['stopped_gracefully', 'exit_code', 'signal'] as const) : [];
  const identity = pick(task, ['name', 'status', 'deduplicated', 'note', ...end, 'suggested_command']);
  const must = { kill_reason: task.kill_reason, ...identity };
  const kill_hint = wholeSentences(task.kill_hint ?? '', must);
  const [first, ...others] = detailOf(task);
  const detail = first === undefined ? {} : { kill_detail: Object.fromEntries([first]) };
  const [elapsed, peak, ...use] = USED.map(only(task));
  const known = [elapsed, pick(task, ['id']), peak, detail, ...use].filter((part) => part !== undefined);
  let short = fit({ ...must, kill_hint }, known);
  for (const [key, value] of others) {
    const more = { ...short, kill_detail: { ...short.kill_detail, [key]: value } };
    if (isShort(more)) short = more;
  }
  const {
    kill_reason,
    kill_hint: hint,
    kill_detail,
    ...rest
  } = fit(short, [...ENDED, 'advice' as const].map(only(task)));
  return compact({ kill_reason, kill_hint: hint, kill_detail, ...rest });
}

/** Numbers first: a diagnosis is in the hint, and the last lines come with the answer. */
function detailOf({ kill_detail }: TaskView): [string, string | number | boolean | null][] {
  const known = Object.entries(kill_detail ?? {}).filter(([, value]) => value !== null);
  const rank = ([key, value]: [string, unknown]) =>
    typeof value === 'string' ? 2 : (USED as readonly string[]).includes(key) ? 1 : 0;
  return known.toSorted((a, b) => rank(a) - rank(b));
}

/** Leaves out sentences from the end until `view` has room for the rest. Keeps the first. */
function wholeSentences(text: string, view: Part): string {
  let kept = text;
  for (let end = kept.lastIndexOf('. '); end > 0 && !isShort({ ...view, kill_hint: kept }); ) {
    kept = kept.slice(0, end + 1);
    end = kept.lastIndexOf('. ', end - 1);
  }
  return kept;
}

/** Adds each part that still fits. Shortens the longest text when even the first part does not. */
function fit(must: Part, more: readonly Part[]): Part {
  return fitParts(shorten(must), more);
}

const TEXTS = ['note', 'message', 'kill_hint', 'progress'] as const;

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

/** With as many of the tasks ahead as fit. */
function pendingOf(task: TaskView): Part {
  const identity = pick(task, IDENTITY);
  const { waiting } = task;
  if (waiting === null) return identity;
  const withBlockers = (count: number): Part => ({ ...identity, waiting: shortWaiting(waiting, count) });
  let count = BLOCKERS_SHOWN;
  while (count > 0 && !isShort(withBlockers(count))) count -= 1;
  if (waiting.hold === undefined) return withBlockers(count);
  const withHold = (hold: object): Part => ({
    ...identity,
    waiting: shortWaiting({ ...waiting, hold: hold as HeldByView }, count),
  });
  return withHold(fitHold(waiting.hold, withHold));
}

const BLOCKERS_SHOWN = 3;

/** A start that is not known is an answer, too: null. */
function shortWaiting(waiting: BlockedView, blockers: number): BlockedView {
  const { dim, hold, short_by, blocked_by, position, expected_start, latest_start } = waiting;
  const short = compact({
    dim,
    hold,
    short_by: hold === undefined ? short_by : undefined,
    blocked_by: blocked_by.slice(0, blockers),
    ...outsideView(waiting),
    position,
    latest_start,
  });
  return { ...short, expected_start } as BlockedView;
}

/** The owners ahead, where they fit. */
function ownersOf({ waiting }: TaskView): Part {
  if (waiting === null || waiting.owners.length === 0) return {};
  const owners = waiting.owners.slice(0, BLOCKERS_SHOWN);
  return { waiting: { ...shortWaiting(waiting, BLOCKERS_SHOWN), owners } };
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
