// What lists show of a task: the fields of its API view that cost little, for the live stream.
import type { BlockedView, TaskView } from '../../api/schemas/task.ts';
import { interruptHint, killHint, limitHint, signalHint } from '../../core/answers/reasons.ts';
import type { Most } from '../../core/answers/suggest.ts';
import { elapsedMs } from '../../core/elapsed.ts';
import type { Format } from '../../core/kill-reasons.ts';
import type { Progress } from '../../core/progress.ts';
import {
  type Attempt,
  type Cause,
  type Command,
  type FailReason,
  isActive,
  isEnded,
  liveAttemptOf,
  type Task,
  type TaskState,
  type Usage,
} from '../../core/task.ts';
import { killTimeoutMs } from '../../core/transition/extend-time.ts';
import { cpuMaxCores } from '../../core/transition/throttle.ts';
import type { LiveFigures } from '../../engine/attempt/live-attempt.ts';
import { shownText } from '../../text/bytes.ts';
import { shellWords } from '../../text/shell.ts';
import { formatDuration } from '../../units/duration.ts';
import { roundCores } from '../../units/number.ts';
import { formatSize } from '../../units/size.ts';

export interface RowContext {
  readonly nowMs: number;
  readonly live: LiveFigures | null;
  readonly progress: Progress | null;
  readonly waiting: BlockedView | null;
  /** The largest estimate that the host and the task's own limits admit. */
  readonly most: Most;
  /** What the command of the hint calls its task, this one or the one before it: the name, or the id when a newer task has it. */
  readonly ref: string;
}

const FORMAT: Format = { size: formatSize, duration: formatDuration };

export function taskRow(task: Task, context: RowContext) {
  const { estimate, limits, state } = task;
  const attempt = attemptOf(state);
  const usage = isEnded(state) ? state.usage : null;
  const startedAt = attempt?.startedAt ?? null;
  const endedAt = isEnded(state) ? state.endedAt : null;
  return {
    id: task.id,
    name: task.name,
    status: state.status,
    owner: task.owner,
    project: task.project,
    command: commandText(task.command),
    attempt: task.attempts,
    priority: task.priority,
    tags: [...task.tags],
    batch: task.batch ?? null,
    estimated_time_ms: estimate.timeMs,
    estimated_mem_bytes: estimate.memBytes,
    estimated_cpu_cores: estimate.cpuCores,
    kill_timeout_ms: isActive(state) ? killTimeoutMs(state.attempt, limits) : limits.killTimeoutMs,
    observability_interval_ms: limits.observabilityMs,
    submitted_at: iso(task.submittedAt) ?? '',
    started_at: iso(startedAt),
    ended_at: iso(endedAt),
    elapsed_ms: elapsedMs(state, context.nowMs),
    held_at: iso(isEnded(state) ? null : (attempt?.heldAt ?? null)),
    throttled_at: iso(isEnded(state) ? null : (attempt?.throttle?.at ?? null)),
    mem_max_bytes: attempt?.envelope.memMaxBytes ?? null,
    cpu_max_cores: attempt === null ? null : roundCores(cpuMaxCores(attempt, estimate)),
    mem_bytes: context.live?.memBytes ?? null,
    cpu_cores: roundCores(context.live?.cpuCores),
    silent_ms: context.live?.silentMs ?? null,
    progress: context.progress,
    waiting: context.waiting,
    peak_mem_bytes: usage?.peakMemBytes ?? context.live?.peakMemBytes ?? null,
    cpu_seconds: usage?.cpuSeconds ?? null,
    ...exitFields(state),
    ...killFields({ ...task, name: context.ref }, usage, context.most),
    ...reasonFields(task, context.ref),
  } satisfies Partial<TaskView>;
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
    stopped_gracefully: state.status === 'killed' && state.attempt !== null ? state.stoppedGracefully : null,
  };
}

export const FAIL_HINTS: Readonly<Record<FailReason, string | null>> = {
  exit: null,
  could_not_start: 'The command did not run: fix the cause in the message and run it again.',
  dependency_failed:
    'The command did not run: fix and retry the task in the message. This one then waits for it again by itself.',
};

function causeHint({ name }: Cause, ref: string): string {
  return `Fix "${name}", then run babysit retry ${ref}: this task then waits for it again by itself.`;
}

function reasonFields(task: Task, ref: string): Pick<TaskView, 'reason' | 'message' | 'hint'> {
  const { state } = task;
  switch (state.status) {
    case 'failed':
      return {
        reason: state.reason,
        message: state.message,
        hint:
          signalHint(state.exit) ??
          (state.reason === 'exit' && task.inherited ? limitHint(task.inherited.rlimits) : null) ??
          (state.cause && causeHint(state.cause, ref)) ??
          FAIL_HINTS[state.reason],
      };
    case 'interrupted':
      return { reason: state.reason, message: null, hint: interruptHint(state.reason, ref, task) };
    default:
      return { reason: null, message: null, hint: null };
  }
}

export function attemptOf(state: TaskState): Attempt | null {
  return isEnded(state) ? state.attempt : liveAttemptOf(state);
}

export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
