// A task as every route returns it, the query of a list, and the body of a kill.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { KILL_REASONS, TASK_STATUSES, type TaskStatus } from '../../core/task.ts';
import { parseCount } from '../../units/number.ts';
import { check } from './check.ts';

const number = z.number();
const text = z.string();
const flag = z.boolean();
const time = z.string().describe('ISO 8601');
/** Numbers behind a finding; their units end their names. */
export const DETAIL = z.record(text, z.union([text, number, flag, z.null()]));

export const BLOCKED = z.strictObject({
  dim: z
    .enum(['mem', 'cpu', 'slots', 'reservation', 'after', 'backoff', 'pressure'])
    .describe(
      'What the task waits for. reservation: it fits, others go first. after: tasks it comes after have not ended. backoff: its next attempt starts later. pressure: the host is short of what blocked_by names.',
    ),
  requested: number,
  available: number,
  limit: number,
  short_by: number,
  blocked_by: z.array(text),
  position: number.nullable().describe('place in the queue, from 1; null: not in it yet'),
  earliest_start: time.nullable().describe('by the estimates of the running tasks; null: unknown'),
});
export type BlockedView = z.output<typeof BLOCKED>;

export const PROGRESS = z.strictObject({
  done: number.nullable().describe('items'),
  total: number.nullable(),
  pct: number.nullable().describe('0 to 100, at most one decimal'),
  phase: text.nullable(),
  failed: number.nullable().describe('items that failed'),
  eta_s: number.nullable().describe('seconds from now to the end'),
  note: text.nullable().describe('a measure of the task itself, such as loss=1.2e-4'),
  source: z.enum(['reported', 'output']).describe('reported by the task, or read from its output'),
});

const PAST_ATTEMPT = z.strictObject({
  attempt: number,
  status: text,
  reason: text.nullable(),
  started_at: time.nullable(),
  ended_at: time,
  exit_code: number.nullable(),
  signal: text.nullable(),
  peak_mem_bytes: number.nullable(),
  cpu_seconds: number.nullable(),
});
export type PastAttemptView = z.output<typeof PAST_ATTEMPT>;

export const TASK = z
  .strictObject({
    id: text,
    name: text,
    status: z.enum(TASK_STATUSES),
    owner: text.nullable(),
    project: text,
    command: text,
    cwd: text,
    attempt: number.describe('attempts so far'),
    priority: number,
    after: z.array(text).nullable().describe('names of the tasks it comes after'),
    key: text.nullable(),
    context: z.unknown(),
    tags: z.array(text),
    requeue: flag,
    nice: number.nullable(),
    background: flag,
    pty: flag,
    journal: flag,
    retries: number,
    deduplicated: z.literal(true).optional().describe('in the answer to a submission whose key is known'),
    estimated_time_ms: number,
    estimated_mem_bytes: number,
    estimated_cpu_cores: number,
    kill_timeout_ms: number,
    observability_interval_ms: number,
    observability: z.enum(['any', 'strict']),
    mem_pct_limit: number,
    cpu_pct_limit: number,
    submitted_at: time,
    started_at: time.nullable(),
    ended_at: time.nullable(),
    elapsed_ms: number.nullable().describe('from its start to its end or now, without pauses'),
    pid: number.nullable(),
    driver: text.nullable(),
    unit: text.nullable().describe('transient unit of systemd, if it runs as one'),
    mem_max_bytes: number.nullable(),
    cpu_max_cores: number.nullable(),
    pids_max: number.nullable(),
    mem_bytes: number.nullable().describe('in use now; null unless running, as the next two'),
    cpu_cores: number.nullable(),
    silent_ms: number.nullable(),
    progress: PROGRESS.nullable().describe(
      'null: not running, or no progress was reported or found in its output',
    ),
    waiters: number.describe('callers that wait for its end or follow its log'),
    waiting: BLOCKED.nullable().describe('null unless pending'),
    exit_code: number.nullable(),
    signal: text.nullable(),
    kill_reason: z.enum(KILL_REASONS).nullable(),
    kill_hint: text.nullable(),
    kill_detail: DETAIL.nullable(),
    stopped_gracefully: flag.nullable(),
    reason: text.nullable().describe('of failed and interrupted'),
    message: text.nullable(),
    hint: text.nullable(),
    peak_mem_bytes: number.nullable(),
    peak_mem_cached_bytes: number.nullable(),
    peak_cpu_cores: number.nullable(),
    cpu_seconds: number.nullable(),
    io_read_bytes: number.nullable(),
    io_write_bytes: number.nullable(),
    oom_kills: number.nullable(),
    suggested_estimates: z
      .strictObject({
        estimated_time_ms: number,
        estimated_mem_bytes: number,
        estimated_cpu_cores: number,
      })
      .nullable()
      .describe('for the next run, from the measured need of this one; null while it lives'),
    log_path: text.nullable(),
    history: z.array(PAST_ATTEMPT).describe('attempts before this one, oldest first'),
  })
  .describe('One task, every field; null where a field does not apply.');
export type TaskView = z.output<typeof TASK>;
export const TASKS = z.strictObject({ tasks: z.array(TASK) });

export const LIST = z.object({
  tag: text.optional(),
  project: text.optional(),
  owner: text.optional(),
  status: text.optional(),
  since_ms: text.optional(),
  all: text.optional(),
});

export interface ListQuery {
  readonly project: string | null;
  readonly owner: string | null;
  readonly tag: string | null;
  readonly statuses: readonly TaskStatus[] | null;
  /** Include tasks that ended within this time; null for all. */
  readonly sinceMs: number | null;
}

const DAY_MS = 86_400_000;

export function parseList(query: unknown): ListQuery {
  const { project, owner, tag, status, since_ms, all } = check(LIST, query);
  const sinceMs =
    since_ms === undefined ? DAY_MS : parseCount(since_ms, 'since_ms', 0, Number.MAX_SAFE_INTEGER);
  return {
    project: project ?? null,
    owner: owner ?? null,
    tag: tag ?? null,
    statuses: status === undefined ? null : parseStatuses(status),
    sinceMs: all === '1' ? null : sinceMs,
  };
}

export function parseStatuses(text: string): TaskStatus[] {
  return text.split(',').map((word) => {
    const status = TASK_STATUSES.find((candidate) => candidate === word.trim().toLowerCase());
    if (status === undefined)
      throw new BabysitError('usage', `status: "${word}" is not one of ${TASK_STATUSES.join(', ')}`);
    return status;
  });
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;
export const KILL = z.strictObject({ force: flag.optional(), signal: text.optional() });
export type KillBody = z.output<typeof KILL>;

export function parseKill(body: unknown): NodeJS.Signals {
  const { force, signal } = check(KILL, body ?? {});
  if (force) return 'SIGKILL';
  if (signal === undefined) return 'SIGTERM';
  const name = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`;
  const known = SIGNALS.find((candidate) => candidate === name);
  if (known === undefined)
    throw new BabysitError('usage', `signal: "${signal}" is not one of ${SIGNALS.join(', ')}`);
  return known;
}
