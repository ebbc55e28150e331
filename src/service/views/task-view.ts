// The API view of a task: one flat object with every field, null where it does not apply.
import type { BlockedView, PastAttemptView, TaskView } from '../../api/schemas/task.ts';
import { elapsedMs } from '../../core/elapsed.ts';
import { CPU_RISK_MARGIN, statedEstimate } from '../../core/estimate.ts';
import { type Format, hasOutlived, type KillReason } from '../../core/kill-reasons.ts';
import type { Progress } from '../../core/progress.ts';
import { interruptHint, killHint, signalHint } from '../../core/reasons.ts';
import { CPU_MIN_MS, cpuShare, type Most, runningMs, suggestEstimates } from '../../core/suggest.ts';
import {
  type Attempt,
  type Cause,
  type Command,
  type FailReason,
  isEnded,
  liveAttemptOf,
  type PastAttempt,
  type Task,
  type TaskState,
  type Usage,
} from '../../core/task.ts';
import { cpuMaxCores } from '../../core/transition/throttle.ts';
import type { LiveFigures } from '../../engine/attempt/live-attempt.ts';
import { shownText } from '../../text/bytes.ts';
import { shellWords } from '../../text/shell.ts';
import { formatDuration } from '../../units/duration.ts';
import { roundCores } from '../../units/number.ts';
import { formatSize } from '../../units/size.ts';
import { adviceView, estimatesView, unusual } from './learned-view.ts';
import { suggestedCommand } from './suggested-command.ts';

export interface ViewContext {
  readonly nowMs: number;
  readonly live: LiveFigures | null;
  readonly progress: Progress | null;
  readonly waiters: number;
  /** Names of the live tasks inside it. */
  readonly children: readonly string[];
  readonly waiting: BlockedView | null;
  readonly logPath: string | null;
  /** The largest estimate that the host and the task's own limits admit. */
  readonly most: Most;
}

const FORMAT: Format = { size: formatSize, duration: formatDuration };

export function taskView(task: Task, context: ViewContext): TaskView {
  const { estimate, limits, state } = task;
  const attempt = attemptOf(state);
  const usage = isEnded(state) ? state.usage : null;
  const startedAt = attempt?.startedAt ?? null;
  const { streams } = task.execOptions;
  const endedAt = isEnded(state) ? state.endedAt : null;
  return {
    id: task.id,
    name: task.name,
    status: state.status,
    owner: task.owner,
    project: task.project,
    command: commandText(task.command),
    cwd: shownText(task.cwd),
    attempt: task.attempts,
    priority: task.priority,
    after: task.after?.tasks.map((other) => other.name) ?? null,
    key: task.key,
    context: task.context,
    tags: [...task.tags],
    batch: task.batch ?? null,
    checkpoint: task.checkpoint ?? null,
    requeue: task.requeue,
    nice: attempt?.envelope.nice ?? task.execOptions.nice,
    background: task.execOptions.isBackground,
    pty: task.execOptions.usesPty,
    attachable: streams !== undefined && streams.stdout !== 'log',
    stdin: streams?.stdin === 'pipe' || streams?.stdin === 'terminal',
    journal: task.execOptions.isJournaled,
    retries: task.retry?.max ?? 0,
    estimated_time_ms: estimate.timeMs,
    estimated_mem_bytes: estimate.memBytes,
    estimated_cpu_cores: estimate.cpuCores,
    estimates: estimatesView(task),
    advice: adviceView(task.basis),
    unusual: unusual(task, context),
    kill_timeout_ms: limits.killTimeoutMs,
    observability_interval_ms: limits.observabilityMs,
    observability: limits.isStrict ? 'strict' : 'any',
    observe: limits.observe ?? null,
    stop: task.execOptions.stopGraceMs === undefined ? 'signal' : 'file',
    mem_pct_limit: limits.memPctLimit,
    cpu_pct_limit: limits.cpuPctLimit,
    submitted_at: iso(task.submittedAt) ?? '',
    started_at: iso(startedAt),
    ended_at: iso(endedAt),
    elapsed_ms: elapsedMs(state, context.nowMs),
    held_at: iso(isEnded(state) ? null : (attempt?.heldAt ?? null)),
    throttled_at: iso(isEnded(state) ? null : (attempt?.throttle?.at ?? null)),
    ready_at: iso(attempt?.readyAt ?? null),
    while: task.companion?.name ?? null,
    parent: task.parent?.name ?? null,
    parent_id: task.parent?.id ?? null,
    children: [...context.children],
    within_parent: attempt?.isWithinParent === true,
    express: attempt?.isExpress === true,
    pid: isEnded(state) ? null : (attempt?.pid ?? null),
    driver: attempt?.group.driver ?? null,
    engine: task.engine ?? null,
    job: textIn(attempt, 'job'),
    unit: textIn(attempt, 'unit'),
    mem_max_bytes: attempt?.envelope.memMaxBytes ?? null,
    cpu_max_cores: attempt === null ? null : roundCores(cpuMaxCores(attempt, estimate)),
    pids_max: attempt?.envelope.pidsMax ?? null,
    mem_bytes: context.live?.memBytes ?? null,
    cpu_cores: roundCores(context.live?.cpuCores),
    silent_ms: context.live?.silentMs ?? null,
    progress: context.progress,
    waiters: context.waiters,
    waiting: context.waiting,
    ...exitFields(state),
    ...killFields(task, usage, context.most),
    ...reasonFields(state),
    peak_mem_bytes: usage?.peakMemBytes ?? context.live?.peakMemBytes ?? null,
    peak_mem_cached_bytes: usage?.peakMemCachedBytes ?? null,
    peak_cpu_cores: roundCores(peakCores(task, usage)),
    cpu_seconds: usage?.cpuSeconds ?? null,
    io_read_bytes: usage?.ioReadBytes ?? null,
    io_write_bytes: usage?.ioWriteBytes ?? null,
    oom_kills: usage?.oomKills ?? null,
    over_estimate: overEstimate(task, usage),
    contention: contention(usage),
    suggested_estimates: suggested(task, context.most),
    suggested_command: suggestedCommand(task, context.most),
    log_path: context.logPath,
    history: task.history.map(pastAttemptView),
    on_end: task.onEnd ?? null,
  };
}

function textIn(attempt: Attempt | null, key: 'job' | 'unit'): string | null {
  const value = attempt?.group[key];
  return typeof value === 'string' ? value : null;
}

/** A mean over ten seconds misses the peak of a short task, but the mean over the whole run is a lower bound. */
function peakCores(task: Task, usage: Usage | null): number | null {
  const elapsed = runningMs(task);
  if (usage === null || usage.cpuSeconds === null || elapsed === null) return usage?.peakCpuCores ?? null;
  return Math.max(usage.peakCpuCores ?? 0, (1000 * usage.cpuSeconds) / elapsed);
}

/** As in `runaway_risk`, a use of CPU counts from a quarter above the estimate. */
function overEstimate(task: Task, usage: Usage | null): TaskView['over_estimate'] {
  const elapsed = runningMs(task);
  if (task.state.status !== 'completed' || elapsed === null) return null;
  const { timeMs, memBytes, cpuCores } = statedEstimate(task);
  const cpu = ((usage?.cpuSeconds ?? 0) * 1000) / elapsed / cpuCores;
  const ratios = {
    elapsed: elapsed / timeMs,
    mem: (usage?.peakMemBytes ?? 0) / memBytes,
    cpu: elapsed > CPU_MIN_MS && cpu > CPU_RISK_MARGIN ? cpu : 0,
  };
  const over = Object.entries(ratios).filter(([, ratio]) => ratio > 1);
  if (over.length === 0) return null;
  return Object.fromEntries(over.map(([dim, ratio]) => [dim, Math.round(100 * ratio) / 100]));
}

/** From this share of the wanted CPU time on, the time that a task took is its own. */
const UNCONTENDED_SHARE = 0.9;

function contention(usage: Usage | null): string | null {
  const share = cpuShare(usage);
  return share === null || share >= UNCONTENDED_SHARE
    ? null
    : `got ${Math.round(100 * share)} % of the CPU time it wanted`;
}

/** Kills that say nothing about the need. */
const NOT_FOR_USE: ReadonlySet<KillReason> = new Set(['manual', 'while_ended', 'parent_killed']);

function suggested(task: Task, most: Most): TaskView['suggested_estimates'] {
  const { state } = task;
  if (!isEnded(state) || state.attempt === null) return null;
  const kill = state.status === 'killed' ? state.kill : null;
  if (kill !== null && (NOT_FOR_USE.has(kill.reason) || hasOutlived(kill.detail))) return null;
  const { timeMs, memBytes, cpuCores } = suggestEstimates(task, state.usage, kill, most);
  return { estimated_time_ms: timeMs, estimated_mem_bytes: memBytes, estimated_cpu_cores: cpuCores };
}

function pastAttemptView(past: PastAttempt): PastAttemptView {
  return {
    attempt: past.number,
    status: past.status,
    reason: past.reason,
    started_at: iso(past.startedAt),
    ended_at: iso(past.endedAt) ?? '',
    exit_code: past.exit?.code ?? null,
    signal: past.exit?.signal ?? null,
    peak_mem_bytes: past.usage?.peakMemBytes ?? null,
    cpu_seconds: past.usage?.cpuSeconds ?? null,
  };
}

export function commandText(command: Command): string {
  return command.kind === 'shell' ? shownText(command.line) : shellWords(command.argv);
}

function exitFields(state: TaskState): Pick<TaskView, 'exit_code' | 'signal'> {
  const exit = isEnded(state) ? state.exit : null;
  return { exit_code: exit?.code ?? null, signal: exit?.signal ?? null };
}

function killFields(
  task: Task,
  usage: Usage | null,
  most: Most,
): Pick<TaskView, 'kill_reason' | 'kill_hint' | 'kill_detail' | 'stopped_gracefully'> {
  const { state } = task;
  const kill = state.status === 'killed' ? state.kill : (attemptOf(state)?.kill ?? null);
  if (kill === null)
    return { kill_reason: null, kill_hint: null, kill_detail: null, stopped_gracefully: null };
  return {
    kill_reason: kill.reason,
    kill_hint: killHint(kill.reason, task, usage, kill.detail, FORMAT, most),
    kill_detail: { ...kill.detail },
    stopped_gracefully: state.status === 'killed' ? state.stoppedGracefully : null,
  };
}

export const FAIL_HINTS: Readonly<Record<FailReason, string | null>> = {
  exit: null,
  could_not_start: 'The command did not run: fix the cause in the message and run it again.',
  dependency_failed:
    'The command did not run: fix and retry the task in the message. This one then waits for it again by itself.',
};

function causeHint({ name }: Cause): string {
  return `Fix "${name}", then run babysit retry ${name}: this task then waits for it again by itself.`;
}

function reasonFields(state: TaskState): Pick<TaskView, 'reason' | 'message' | 'hint'> {
  switch (state.status) {
    case 'failed':
      return {
        reason: state.reason,
        message: state.message,
        hint: signalHint(state.exit) ?? (state.cause && causeHint(state.cause)) ?? FAIL_HINTS[state.reason],
      };
    case 'interrupted':
      return { reason: state.reason, message: null, hint: interruptHint(state.reason) };
    default:
      return { reason: null, message: null, hint: null };
  }
}

function attemptOf(state: TaskState): Attempt | null {
  return isEnded(state) ? state.attempt : liveAttemptOf(state);
}

export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
