// A task as every route returns it, the query of a list, and the body of a kill.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { ESTIMATE_SOURCES, LEARNED_LEVELS } from '../../core/estimate.ts';
import { KILL_REASON_NAMES } from '../../core/kill-reasons.ts';
import { PAGE_TASKS, TASK_STATUSES, type TaskStatus } from '../../core/task.ts';
import { parseCount } from '../../units/number.ts';
import { ADVICE } from './advice.ts';
import { check } from './check.ts';
import { HELD_BY } from './hold.ts';

const number = z.number();
const text = z.string();
const flag = z.boolean();
const time = z.string();
const KILL_REASON = z.enum(KILL_REASON_NAMES);
/** Numbers that led to a decision; the unit is the last part of each name. */
export const DETAIL = z.record(text, z.union([text, number, flag, z.null()]));

export const START = {
  expected_start: time
    .nullable()
    .describe(
      'Likely start: by the progress of the running tasks where they report it, else by what their commands took before, else by their estimates. Null: no end is expected that makes room.',
    ),
  expected_start_p90: time
    .optional()
    .describe(
      'The start is likely not after this: by the slow pace of the progress, or the time in which four of five earlier runs ended. Absent unless one of them moves it.',
    ),
  latest_start: time
    .nullable()
    .describe('Start if every task before it runs until its kill timeout. Null: none can be promised.'),
};

export const BLOCKED = z
  .strictObject({
    dim: z
      .enum([
        'mem',
        'cpu',
        'slots',
        'reservation',
        'profile',
        'after',
        'backoff',
        'pressure',
        'parent',
        'hold',
        'engine',
      ])
      .describe(
        'What it waits for: memory, cores, a free place (`admission.max_running`), tasks that start first, another profile (what it needs is above the capacity of the active one), tasks it comes after, the time of its next attempt, the end of a shortage on the host, the task around it, which is paused or ends, the end of a hold by a person, or the queue of its engine.',
      ),
    requested: number.describe('What the task needs: bytes, cores or a count, by `dim`.'),
    available: number.describe('What is free now, in the same unit.'),
    limit: number.describe('What all tasks together may have, in the same unit.'),
    charged: number
      .optional()
      .describe('What is charged for `requested`, where that is more: earlier runs of the owner used more.'),
    short_by: number.describe('What is missing, in the same unit.'),
    outside: number.optional().describe('What other programs hold, where there would be room without them.'),
    blocked_by: z
      .array(text)
      .describe(
        'Names of the tasks and leases that hold the room; under pressure, what the host is short of; for `profile` its name; for `engine` what it waits for there.',
      ),
    owners: z.array(text).describe('The owners of those, each once: agent session, `--owner`, or project.'),
    hold: HELD_BY.optional().describe('The hold. Only with `hold` in `dim`.'),
    position: number
      .nullable()
      .describe('Place in the queue, from 1. Null: not in the queue yet, or not among the first 2000.'),
    ...START,
  })
  .meta({ id: 'Blocked', description: 'Why a task or a ticket waits.' });
export type BlockedView = z.output<typeof BLOCKED>;
export type StartView = Pick<BlockedView, keyof typeof START>;

export const PROGRESS = z
  .strictObject({
    done: number.nullable().describe('Finished items.'),
    total: number.nullable().describe('All items.'),
    pct: number.nullable().describe('Percent, 0 to 100, with at most one decimal.'),
    phase: text.nullable().describe('Name of the current step.'),
    failed: number.nullable().describe('Items that failed.'),
    eta_s: number.nullable().describe('Seconds until the expected end.'),
    note: text.nullable().describe('A measurement of the task, such as `loss=1.2e-4`.'),
    source: z
      .enum(['reported', 'output'])
      .describe('The task reported the values, or the daemon read them from its output.'),
  })
  .meta({ id: 'Progress', description: 'How far a running task is. A field is null when it is not known.' });

const PAST_ATTEMPT = z
  .strictObject({
    attempt: number.describe('Number of the attempt, from 1.'),
    status: text.describe('How the attempt ended: a final status.'),
    reason: text.nullable().describe('Reason of a kill, a failure or an interruption.'),
    started_at: time.nullable().describe('When its command started. Null: it never did.'),
    ended_at: time.describe('When it ended.'),
    exit_code: number.nullable().describe('Exit code of its command. Null after a signal.'),
    signal: text.nullable().describe('Signal that ended its command, such as `SIGKILL`.'),
    peak_mem_bytes: number.nullable().describe('Highest memory use, without page cache.'),
    cpu_seconds: number.nullable().describe('CPU time.'),
  })
  .meta({ id: 'PastAttempt', description: 'An attempt before the current or last one.' });
export type PastAttemptView = z.output<typeof PAST_ATTEMPT>;

const DELIVERY = z
  .strictObject({
    target: text.describe('Name of the target; `on_end of` and an id for `--on_end`.'),
    seq: number.describe('Number of the event.'),
    attempts: number.describe('Attempts so far.'),
    next_at: time.nullable().describe('When the next attempt is due. Null: it was delivered or given up.'),
    delivered_at: time.nullable().describe('When it was delivered. Null: not yet.'),
    error: text.nullable().describe('Why the last attempt failed. Null: it did not.'),
  })
  .meta({ id: 'Delivery', description: 'An event of the task for one target of notifications.' });

const ESTIMATES = z
  .strictObject({
    estimated_time_ms: number.describe('Time.'),
    estimated_mem_bytes: number.describe('Memory.'),
    estimated_cpu_cores: number.describe('CPU.'),
  })
  .meta({ id: 'Estimates', description: 'Estimates for the next run of the same command.' });

/** What the kernel may not limit on a host. */
export const NOT_ENFORCED = z.enum(['memory', 'cpu', 'pids']);
export type NotEnforced = z.output<typeof NOT_ENFORCED>;
/** Fields of an answer to a submission. */
export const UNENFORCED = {
  not_enforced: z
    .array(NOT_ENFORCED)
    .readonly()
    .optional()
    .describe(
      'Only in the answer to a submission: what the kernel does not limit on this host. Absent: nothing.',
    ),
  warning: text.optional().describe('The same as a sentence. Only in the first answer of a daemon.'),
};

const ESTIMATED = z.strictObject({
  value: number.describe('What the scheduler charges: ms, bytes or cores.'),
  from: z
    .enum(ESTIMATE_SOURCES)
    .describe('`declared`, `learned` from earlier runs, a `rule` for the kind of command, or `default`.'),
  level: z
    .enum(LEARNED_LEVELS)
    .nullable()
    .describe(
      'What the earlier runs have in common: the `exact` command, its `shape`, its `subcommand`, or that in other projects (`elsewhere`). Null: not learned.',
    ),
  n: number.nullable().describe('Number of the earlier runs. Null: not learned.'),
});

export const TASK = z
  .strictObject({
    id: text.describe('ULID of the task. A unique prefix is a reference too.'),
    name: text.describe('Name, unique among the live tasks of its project.'),
    status: z.enum(TASK_STATUSES).describe('See the [glossary](glossary.md#statuses).'),
    owner: text.nullable().describe('Agent session, or the value of `--owner`. Null: neither is known.'),
    project: text.describe('Git root of the directory of the caller, else that directory.'),
    command: text.describe('The shell line, or the arguments quoted for a shell.'),
    cwd: text.describe('Directory in which the command runs.'),
    attempt: number.describe('Attempts so far, which is the number of the current or last one.'),
    priority: number.describe('Priority, -100 to 100. Higher starts first.'),
    after: z.array(text).nullable().describe('Names of the tasks it comes after.'),
    key: text.nullable().describe('Value of `--key`.'),
    context: z.unknown().describe('JSON of `--context`, unchanged.'),
    tags: z.array(text).describe('Values of `--tag`.'),
    batch: text
      .nullable()
      .describe('Name of the batch it was submitted with, which `--tag` takes. Null: none.'),
    requeue: flag.describe('The task runs again after a restart of the host.'),
    nice: number.nullable().describe('Niceness. Null while pending without `--nice`.'),
    background: flag.describe('Runs in the idle CPU and IO class.'),
    pty: flag.describe('Runs on a pseudoterminal.'),
    attachable: flag.describe('Its output goes to a client: `babysit attach` continues it.'),
    stdin: flag.describe('Its standard input is open: `babysit send` writes to it.'),
    journal: flag.describe("Its output also goes to systemd's journal."),
    retries: number.describe('Attempts allowed after the first.'),
    note: text
      .optional()
      .describe(
        'What was changed in the request, why it changed nothing, or that the task of `while` is to come.',
      ),
    ...UNENFORCED,
    deduplicated: z
      .literal(true)
      .optional()
      .describe('In the answer to a submission with a known key: this is the earlier task.'),
    estimated_time_ms: number.describe('Estimated time.'),
    estimated_mem_bytes: number.describe('Estimated memory.'),
    estimated_cpu_cores: number.describe('Estimated CPU use.'),
    estimates: z
      .strictObject({
        time: ESTIMATED.describe('The time.'),
        mem: ESTIMATED.describe('The memory.'),
        cpu: ESTIMATED.describe('The cores.'),
      })
      .describe('Where each estimate comes from.'),
    advice: z
      .array(ADVICE)
      .nullable()
      .describe('Declared estimates that are far from what earlier runs used. Null: none.'),
    unusual: z
      .partialRecord(z.enum(['elapsed', 'mem', 'cpu']), number)
      .nullable()
      .describe(
        'What this attempt used of each learned estimate that it exceeded: 1.25 is a quarter more. Null: none, or fewer than three runs are known.',
      ),
    kill_timeout_ms: number.describe('Running time at which the watchdog kills it.'),
    observability_interval_ms: number.describe('Silence at which the watchdog kills it. 0: never.'),
    observe: z
      .array(text)
      .readonly()
      .nullable()
      .describe('Files whose growth counts as output; null without any.'),
    stop: z.enum(['signal', 'file']).describe('With `file`, a kill begins with the stop file alone.'),
    observability: z.enum(['any', 'strict']).describe('With `strict`, repeated output counts as silence.'),
    mem_pct_limit: number.describe("Percent of the host's memory it may use."),
    cpu_pct_limit: number.describe("Percent of the host's cores it may use."),
    submitted_at: time.describe('When it was accepted.'),
    started_at: time.nullable().describe('When the command of this attempt started.'),
    ended_at: time.nullable().describe('When it ended.'),
    elapsed_ms: number.nullable().describe('From its start to its end or now, without pauses.'),
    held_at: time
      .nullable()
      .describe(
        'Since when the watchdog has held it frozen, because the host is short of memory. Null: not held.',
      ),
    throttled_at: time
      .nullable()
      .describe(
        'Since when the watchdog limits it to its CPU estimate, because the host has no idle CPU time. Null: not throttled.',
      ),
    checkpoint: text.nullable().describe('Name of the checkpoints that it shares. Null: it has its own.'),
    ready_at: time.nullable().describe('When this attempt was ready. Null: not yet, or it has no readiness.'),
    while: text.nullable().describe('Name of the task at whose end it ends. Null: it ends by itself.'),
    parent: text
      .nullable()
      .describe('Name of the task inside which it was submitted and waited for. Null: none.'),
    parent_id: text.nullable().describe('Id of that task.'),
    children: z.array(text).describe('Names of the live tasks inside it.'),
    within_parent: flag.describe(
      'There was no room for what it needs beyond the estimate of its parent: it runs under the caps of that.',
    ),
    express: flag.describe(
      'It is short and its owner held less than its share, so it started beside the core limit.',
    ),
    pid: number.nullable().describe('Process id of its command. Null unless it runs.'),
    driver: text
      .nullable()
      .describe('How it is isolated: `v2`, `v1`, `none` or `systemd`; or the engine that does it.'),
    engine: text.nullable().describe('Engine in whose queue it waits and where it runs. Null: this host.'),
    job: text.nullable().describe('Id of its job there. Null: none yet.'),
    gpus: number.describe('GPUs of a node of the cluster that it takes.'),
    use: z.array(text).nullable().describe('Named resources of the cluster that it takes. Null: none.'),
    unit: text.nullable().describe('Transient unit of systemd, if it runs as one.'),
    mem_max_bytes: number.nullable().describe('Hard memory limit (memory.max).'),
    cpu_max_cores: number.nullable().describe('CPU limit in force (cpu.max).'),
    pids_max: number.nullable().describe('Limit of processes and threads (pids.max).'),
    mem_bytes: number.nullable().describe('Memory in use now, without page cache. Null unless running.'),
    cpu_cores: number.nullable().describe('Cores in use now. Null unless running.'),
    silent_ms: number.nullable().describe('Time since its last sign of life. Null unless running.'),
    progress: PROGRESS.nullable().describe('Its progress. Null: not running, or nothing is known.'),
    waiters: number.describe('Clients that wait for its end or follow its log.'),
    waiting: BLOCKED.nullable().describe('Why it is pending. Null unless pending.'),
    exit_code: number.nullable().describe('Exit code of its command. Null after a signal.'),
    signal: text.nullable().describe('Signal that ended its command, such as `SIGKILL`.'),
    kill_reason: KILL_REASON.nullable().describe('Why it was killed: one of the [reasons](reasons.md).'),
    kill_hint: text.nullable().describe('What to change before the next run.'),
    kill_detail: DETAIL.nullable().describe('The numbers that led to the kill.'),
    stopped_gracefully: flag
      .nullable()
      .describe('Whether a killed task ended before SIGKILL. Null unless killed after its start.'),
    reason: text.nullable().describe('[Reason](reasons.md) of `failed` and `interrupted`.'),
    message: text.nullable().describe('What went wrong, for `failed`.'),
    hint: text.nullable().describe('What to do, for `failed` and `interrupted`.'),
    peak_mem_bytes: number.nullable().describe('Highest memory use, without page cache.'),
    peak_mem_cached_bytes: number.nullable().describe('Highest memory use, with page cache (memory.peak).'),
    peak_cpu_cores: number.nullable().describe('Highest CPU use, a mean of about ten seconds.'),
    cpu_seconds: number.nullable().describe('CPU time.'),
    io_read_bytes: number.nullable().describe('Read from disks.'),
    io_write_bytes: number.nullable().describe('Written to disks.'),
    oom_kills: number.nullable().describe('Processes of its group that the kernel killed for memory.'),
    over_estimate: z
      .partialRecord(z.enum(['elapsed', 'mem', 'cpu']), number)
      .nullable()
      .describe(
        'What a completed run used of each estimate that it exceeded: 1.25 is a quarter more. Null: none.',
      ),
    contention: text
      .nullable()
      .describe('How much less CPU time it got than it wanted, so that it took longer. Null: not contended.'),
    suggested_estimates: ESTIMATES.nullable().describe(
      '1.1 x the measured use of this run, at most what the host admits. Null while it lives and after a kill by hand.',
    ),
    suggested_command: text
      .nullable()
      .describe('What to run after a kill: a retry with what has to change. Null: none.'),
    log_path: text.nullable().describe('File with the newest part of its output.'),
    history: z.array(PAST_ATTEMPT).describe('Earlier attempts, oldest first.'),
    on_end: text.nullable().describe('Shell command that the daemon runs when it has ended.'),
    deliveries: z
      .array(DELIVERY)
      .optional()
      .describe('Only for one task: its events for `--on_end` and `notify.targets`. Absent: none.'),
  })
  .meta({ id: 'Task', description: 'One task. A field is null when it does not apply.' });
export type TaskView = z.output<typeof TASK>;
export const TASKS = z
  .strictObject({
    tasks: z.array(TASK).describe('The newest tasks that match, oldest first.'),
    next: text.nullable().describe('The value of `before` for older tasks. Null: there are none.'),
  })
  .meta({ id: 'TaskList', description: 'Tasks that match a query.' });

/** The views are built one by one while they are sent. */
export interface TaskPage {
  readonly tasks: Iterable<TaskView>;
  readonly next: string | null;
}

export const LIST = z.object({
  tag: text.optional(),
  project: text.optional(),
  owner: text.optional(),
  status: text.optional(),
  since_ms: text.optional(),
  all: text.optional(),
  limit: text.optional(),
  before: text.optional(),
});

export interface ListQuery {
  readonly project: string | null;
  readonly owner: string | null;
  readonly tag: string | null;
  readonly statuses: readonly TaskStatus[] | null;
  /** Include tasks that ended within this time; null for all. */
  readonly sinceMs: number | null;
  /** The newest tasks, at most this many. */
  readonly limit: number;
  /** Only tasks that are older than this id. */
  readonly before: string | null;
}

const DAY_MS = 86_400_000;

export function parseList(query: unknown): ListQuery {
  const { project, owner, tag, status, since_ms, all, limit, before } = check(LIST, query);
  const sinceMs =
    since_ms === undefined ? DAY_MS : parseCount(since_ms, 'since_ms', 0, Number.MAX_SAFE_INTEGER);
  return {
    project: project ?? null,
    owner: owner ?? null,
    tag: tag ?? null,
    statuses: status === undefined ? null : parseStatuses(status),
    sinceMs: all === '1' ? null : sinceMs,
    limit: limit === undefined ? PAGE_TASKS : parseCount(limit, 'limit', 1, PAGE_TASKS),
    before: before ?? null,
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
