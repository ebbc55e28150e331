// The API view of a task: one flat object with every field, null where it does not apply.
import type { PastAttemptView, TaskView } from '../../api/schemas/task.ts';
import { CPU_MIN_MS, cpuShare, type Most, runningMs, suggestEstimates } from '../../core/answers/suggest.ts';
import { CPU_RISK_MARGIN, statedEstimate } from '../../core/estimate.ts';
import { hasOutlived, type KillReason } from '../../core/kill-reasons.ts';
import { type Attempt, isEnded, type PastAttempt, type Task, type Usage } from '../../core/task.ts';
import { shownText } from '../../text/bytes.ts';
import { roundCores } from '../../units/number.ts';
import { adviceView, estimatesView, unusual } from './learned-view.ts';
import { suggestedCommand } from './suggested-command.ts';
import { attemptOf, iso, type RowContext, taskRow } from './task-row.ts';

export interface ViewContext extends RowContext {
  readonly waiters: number;
  /** Names of the live tasks inside it. */
  readonly children: readonly string[];
  readonly logPath: string | null;
}

export function taskView(task: Task, context: ViewContext): TaskView {
  const { limits, state } = task;
  const attempt = attemptOf(state);
  const usage = isEnded(state) ? state.usage : null;
  const { streams } = task.execOptions;
  return {
    ...taskRow(task, context),
    cwd: shownText(task.cwd),
    after: task.after?.tasks.map((other) => other.name) ?? null,
    key: task.key,
    context: task.context,
    checkpoint: task.checkpoint ?? null,
    requeue: task.requeue,
    nice: attempt?.envelope.nice ?? task.execOptions.nice,
    background: task.execOptions.isBackground,
    pty: task.execOptions.usesPty,
    attachable: streams !== undefined && streams.stdout !== 'log',
    stdin: streams?.stdin === 'pipe' || streams?.stdin === 'terminal',
    journal: task.execOptions.isJournaled,
    retries: task.retry?.max ?? 0,
    estimates: estimatesView(task),
    advice: adviceView(task.basis),
    unusual: unusual(task, context),
    observability: limits.isStrict ? 'strict' : 'any',
    observe: limits.observe ?? null,
    stop: task.execOptions.stopGraceMs === undefined ? 'signal' : 'file',
    mem_pct_limit: limits.memPctLimit,
    cpu_pct_limit: limits.cpuPctLimit,
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
    gpus: task.resources?.gpus ?? 0,
    use: task.resources === undefined ? null : [...task.resources.named],
    job: textIn(attempt, 'job'),
    unit: textIn(attempt, 'unit'),
    pids_max: attempt?.envelope.pidsMax ?? null,
    waiters: context.waiters,
    peak_mem_cached_bytes: usage?.peakMemCachedBytes ?? null,
    peak_cpu_cores: roundCores(peakCores(usage, runningMs(task))),
    io_read_bytes: usage?.ioReadBytes ?? null,
    io_write_bytes: usage?.ioWriteBytes ?? null,
    oom_kills: usage?.oomKills ?? null,
    over_estimate: overEstimate(task, usage),
    contention: contention(usage),
    suggested_estimates: suggested(task, context.most),
    suggested_command: suggestedCommand({ ...task, name: context.ref }, context.most),
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
export function peakCores(usage: Usage | null, elapsed: number | null): number | null {
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
