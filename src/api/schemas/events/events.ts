// GET /v1/tasks/:ref/events: one JSON object a line.
import { z } from 'zod';
import { DIMS, type EventMap, type EventName, THAW_CAUSES, UNTHROTTLE_CAUSES } from '../../../core/events.ts';
import { PROFILES } from '../../../core/host/profile.ts';
import { KILL_REASON_NAMES } from '../../../core/kill-reasons.ts';
import { parseCount } from '../../../units/number.ts';
import { check } from '../check.ts';
import { BLOCKED, DETAIL, PROGRESS, TASK } from '../task.ts';

const number = z.number();
const text = z.string();
const NONE = z.strictObject({});
const BY = { by: text.optional().describe('Who asked, where the client says it.') };
const ENDED = z.enum(['completed', 'failed', 'killed', 'interrupted']);
const processList = <Shape extends z.ZodRawShape>(more: Shape) =>
  z.array(
    z.strictObject({
      pid: number.describe('Process id.'),
      name: text.describe('Name of the process.'),
      ...more,
    }),
  );

/** The fields of each event besides those of every event, and when it occurs. */
export const EVENT_FIELDS = {
  submitted: z
    .strictObject({
      queued: z.boolean().describe('There is no room yet, so the task waits in the queue.'),
      forced: z.boolean().describe('The task was submitted with `--force`.'),
    })
    .describe('A task was accepted.'),
  started: z
    .strictObject({
      attempt: number.describe('Number of the attempt, from 1.'),
      pid: number.nullable().describe('Process id of the command. Null: not known.'),
    })
    .describe('The command of an attempt started.'),
  ready: z
    .strictObject({ attempt: number.describe('Number of the attempt.') })
    .describe('The task is ready, by its `--ready`, `--ready_port` or `--ready_cmd`. Once in each attempt.'),
  paused: z.strictObject(BY).describe('The task was paused.'),
  resumed: z.strictObject(BY).describe('The task was resumed.'),
  held: z
    .strictObject({
      mem_bytes: number.describe('Memory that the task uses.'),
      estimated_mem_bytes: number.describe('Its estimate, which it exceeds.'),
      growth_bytes_per_s: number.describe('How fast it grew.'),
      host_mem_pct: number.describe("Percent of the host's memory in use."),
      limit_pct: number.describe('The limit of that, `admission.max_sys_mem_pct`.'),
      kill_in_s: number.describe(
        'Seconds until the watchdog may kill a task, if the shortage lasts (`watchdog.hold_window`).',
      ),
      hint: text.describe('What to do.'),
      suggested_command: text.describe('Raises the estimate, which thaws the task; works when pasted.'),
    })
    .describe(
      'The watchdog froze the task, because it grew above its estimate while the host was short of memory. Held time is not running time.',
    ),
  thawed: z
    .strictObject({
      cause: z
        .enum(THAW_CAUSES)
        .describe(
          'Why: there is `room` again; the use is `within_estimate`, as after adjust; the task is `not_the_cause`, because the memory is used outside or by no single task; `daemon_restarted`.',
        ),
      held_s: number.describe('Seconds for which it was held.'),
    })
    .describe('A held task runs again.'),
  throttled: z
    .strictObject({
      cpu_cores: number.describe('Cores that the task used, as the mean of 15 s.'),
      estimated_cpu_cores: number.describe('Its estimate, to which it is limited.'),
      host_cpu_pct: number.describe(
        "Mean use of the host's cores over `watchdog.pressure_window`, in percent.",
      ),
      limit_pct: number.describe('The limit of that, `watchdog.max_sys_cpu_pct`.'),
      hint: text.describe('What to do.'),
      suggested_command: text.describe('Raises the estimate, which ends the throttle; works when pasted.'),
    })
    .describe(
      'The watchdog limits the task to its CPU estimate, because it used more while the cores of the host were busy.',
    ),
  unthrottled: z
    .strictObject({
      cause: z
        .enum(UNTHROTTLE_CAUSES)
        .describe(
          'Why: the host has `room` for what the task used before; that use is `within_estimate`, as after adjust.',
        ),
      throttled_s: number.describe('Seconds for which it was throttled.'),
    })
    .describe('A throttled task has the CPU limit of its envelope again.'),
  time_extended: z
    .strictObject({
      kill_timeout_ms: number.describe('Running time at which the watchdog kills it now.'),
      cpu_share_pct: number.describe('The CPU time that it got, in percent of what it wanted.'),
      hint: text.describe('What it means.'),
    })
    .describe(
      'The kill timeout of the task was over, and the host had given it little CPU time. It has up to twice that time now; once in each attempt.',
    ),
  runaway_risk: z
    .strictObject({
      dim: z.enum(DIMS).describe('Which estimate was exceeded.'),
      estimate: number.describe('The estimate: ms, bytes or cores, by `dim`.'),
      actual: number.describe('The use, in the same unit.'),
      kill_at: number.describe('The use at which the watchdog kills, in the same unit.'),
      cap: number.optional().describe('The hard limit of the kernel, in the same unit. Not for `elapsed`.'),
      cpu_share_pct: number
        .optional()
        .describe(
          'Only for `elapsed`, when the host gave the task little of the CPU time that it wanted: how much, in percent.',
        ),
      kill_in_s: number
        .optional()
        .describe('Seconds until the kill if the use stays. For `mem` and `cpu` only above `kill_at`.'),
      hint: text.describe('What to do.'),
      suggested_command: text.describe('Raises the estimate; works when pasted.'),
    })
    .describe('The use exceeded an estimate. Occurs once for each dimension and estimate.'),
  stall_risk: z
    .strictObject({
      silent_s: number.describe('Seconds since the last sign of life.'),
      kill_in_s: number.describe('Seconds until the kill.'),
      diagnosis: text.describe(
        'What the task does: `busy`, `stdin`, `io`, `stopped`, `idle` or `unknown`, then the evidence.',
      ),
      last_line: text.nullable().describe('The last line of its output.'),
      last_line_age_s: number.nullable().describe('Seconds since that line.'),
      hint: text.describe('What to do.'),
    })
    .describe('The task was silent for 80 % of its observability interval.'),
  kill_requested: z
    .strictObject({
      reason: z.enum(KILL_REASON_NAMES).describe('Why: one of the [reasons](reasons.md).'),
      signal: text.describe('The first signal, such as `SIGTERM`.'),
      stop_grace_ms: number
        .optional()
        .describe(
          'Only with `--stop=file`: time in which the task sees only the stop file, before the signal.',
        ),
      detail: DETAIL.describe('The numbers that led to the kill.'),
    })
    .describe('A user, the watchdog or the kernel began to end the task.'),
  would_kill: z
    .strictObject({
      reason: z.enum(KILL_REASON_NAMES).describe('Why: one of the [reasons](reasons.md).'),
      detail: DETAIL.describe('The numbers that led to the decision.'),
    })
    .describe(
      'With `watchdog.dry_run`: the watchdog would have killed the task. Occurs once for each reason.',
    ),
  left_its_group: z
    .strictObject({
      processes: processList({
        cgroup: text.describe('The path of the cgroup in which it is now.'),
      }).describe('The processes outside of the group.'),
      hint: text.describe('What that means, and how to avoid it.'),
    })
    .describe(
      'Processes left the group of the task, as after `systemd-run --scope`. They are counted and killed with it, but not capped. Occurs once for each attempt.',
    ),
  main_exited: z
    .strictObject({
      exit_code: number.nullable().describe('Exit code of the command.'),
      signal: text.nullable().describe('The signal that ended it, instead of an exit code.'),
      after_s: number.describe('Seconds from its start to its end.'),
      processes: processList({}).describe('Some of the processes that it left.'),
      hint: text.describe('What to change.'),
    })
    .describe(
      'The command ended five seconds ago, and processes that it left keep the task running. Occurs once for each attempt.',
    ),
  kill_stuck: z
    .strictObject({
      processes: processList({
        state: text.describe('Its state, a letter of proc(5).'),
        wchan: text.nullable().describe('The kernel function it sleeps in.'),
      }).describe('The processes that still exist.'),
    })
    .describe('SIGKILL did not end some processes of the task.'),
  within_parent: z
    .strictObject({
      parent: text.describe('Name of the task inside which it runs.'),
      short_mem_bytes: number.describe(
        'Memory that it needs beyond the estimate of the parent, and did not get.',
      ),
      short_cpu_cores: number.describe('Cores, likewise.'),
      mem_max_bytes: number.describe('Its memory cap: what the cap of the parent leaves.'),
      cpu_max_cores: number.describe('Its CPU cap, at most that of the parent.'),
      hint: text.describe('What to do.'),
    })
    .describe(
      'A task inside another one started without room of its own, because its parent waits for it. It runs under the caps of the parent.',
    ),
  daemon_restarted: NONE.describe('A new daemon adopted the running task.'),
  adjusted: z
    .strictObject({
      estimated_time_ms: number.describe('The new time estimate.'),
      estimated_mem_bytes: number.describe('The new memory estimate.'),
      estimated_cpu_cores: number.describe('The new CPU estimate.'),
      kill_timeout_ms: number.describe('The new kill timeout.'),
      priority: number.describe('The new priority.'),
      ...BY,
    })
    .describe('Estimates, kill timeout or priority of the task changed.'),
  adjust_refused: z
    .strictObject({
      why: text.describe('What the engine says.'),
      hint: text.describe('What to do.'),
    })
    .describe(
      'After `adjusted`: the engine of the task, such as Slurm, refused the new limits. Its job may keep those that it had.',
    ),
  profile_switched: z
    .strictObject({
      profile: z.enum(PROFILES).describe('The active profile.'),
      cpu_max_cores: number.describe('The CPU limit of the task.'),
      cpu_weight: number.describe('The cpu.weight of the task.'),
      cpu_idle: z.boolean().describe('The task gets only idle CPU time (cpu.idle).'),
    })
    .describe('The active profile changed while the task ran.'),
  retrying: z
    .strictObject({
      attempt: number.describe('Number of the attempt that ended.'),
      status: ENDED.describe('How it ended.'),
      reason: text.nullable().describe('[Reason](reasons.md) of its end.'),
      in_s: number.describe('Seconds until the next attempt may start.'),
      estimated_mem_bytes: number.describe('Memory estimate of the next attempt.'),
    })
    .describe('An attempt ended and another one follows.'),
  requeued: z
    .strictObject({ why: text.describe('Why the attempt was lost.') })
    .describe('The command never started, or was lost with the host; the task is pending again.'),
  ended: z
    .strictObject({
      status: ENDED.describe('How the task ended.'),
      attempt: number
        .nullable()
        .optional()
        .describe('Number of the attempt that ended. Null: none had begun.'),
      reason: text.nullable().optional().describe('[Reason](reasons.md) of the end.'),
      killed_by: z.string().optional().describe('Who asked for the kill: an owner, a project or a person.'),
    })
    .describe('The task ended.'),
} as const satisfies { readonly [K in EventName]: z.ZodType<EventMap[K]> };

const OF_TASK = {
  name: text.describe('Name of the task.'),
  id: text.describe('Id of the task.'),
};

/** Lines of a stream that are not stored, so they have no `seq`. */
const NOT_STORED = ['daemon_stopping', 'progress', 'waiting', 'listening'] as const;

export const EVENT = z
  .looseObject({
    event: z
      .enum([...(Object.keys(EVENT_FIELDS) as EventName[]), ...NOT_STORED])
      .describe('Name of the event.'),
    seq: number.describe('Number of the event. It increases over all tasks and is never reused.'),
    at: text.describe('When it happened.'),
    ...OF_TASK,
    task: TASK.optional().describe('The task, only in `ended`.'),
  })
  .superRefine((view, context) => {
    const { event, seq: _, at: __, name: ___, id: ____, task: _____, ...fields } = view;
    const schema = event in EVENT_FIELDS ? EVENT_FIELDS[event as EventName] : NONE;
    for (const { message } of schema.safeParse(fields).error?.issues ?? [])
      context.addIssue(`${event}: ${message}`);
  })
  .meta({
    id: 'Event',
    description: 'Something that happened to a task. [Events](events.md) lists the further fields of each.',
  });
export type EventView = z.output<typeof EVENT>;

/** The current progress is not stored, so it has no `seq`. */
export const PROGRESS_LINE = z
  .strictObject({
    event: z.literal('progress').describe('Always this name.'),
    ...OF_TASK,
    at: text.describe('When it was read.'),
    ...PROGRESS.shape,
  })
  .meta({
    id: 'ProgressLine',
    description: 'The progress of a running task, between its events. Not stored.',
  });
const { dim, outside, hold, blocked_by, owners, position, expected_start, expected_start_p90, latest_start } =
  BLOCKED.shape;
export const WAITING_LINE = z
  .strictObject({
    event: z.literal('waiting').describe('Always this name.'),
    ...OF_TASK,
    at: text.describe('When it was read.'),
    dim,
    outside,
    hold,
    blocked_by,
    owners,
    position,
    expected_start,
    expected_start_p90,
    latest_start,
    hint: text
      .optional()
      .describe('What programs outside of babysit use, where there would be room without them.'),
  })
  .meta({
    id: 'WaitingLine',
    description:
      'Why a pending task waits: when the wait begins, and at news: another dimension, a hold, a start that moved by a minute and a quarter of the wait, or, at most after 30 s, 1 min, 2 min and so on up to 10 min, other tasks ahead. Not stored.',
  });
export const LISTENING_LINE = z
  .strictObject({
    event: z.literal('listening').describe('Always this name.'),
    ...OF_TASK,
    at: text.describe('When it was seen.'),
    port: number.describe('The TCP port.'),
  })
  .meta({
    id: 'ListeningLine',
    description: 'A process of the task listens on the port that the client asked for. Not stored.',
  });
export const STOPPING = z
  .strictObject({ event: z.literal('daemon_stopping').describe('Always this name.') })
  .meta({
    id: 'DaemonStopping',
    description: 'The daemon stops. This is the last line of a stream; the client connects again.',
  });

export const EVENTS_QUERY = z.object({
  after: z.string().optional(),
  progress: z.string().optional(),
  waiting: z.string().optional(),
  port: z.string().optional(),
});

export interface EventsQuery {
  /** Sequence number of the last event that the client received. */
  readonly after: number;
  /** Also send progress between the events. */
  readonly progress: boolean;
  /** Also send why the task waits while it is pending. */
  readonly waiting: boolean;
  /** Also send one line when a process of the task listens on this TCP port; null: none. */
  readonly port: number | null;
}

export function parseEvents(query: unknown): EventsQuery {
  const { after, progress, waiting, port } = check(EVENTS_QUERY, query);
  return {
    after: after === undefined ? 0 : parseCount(after, 'after', 0, Number.MAX_SAFE_INTEGER),
    progress: progress === '1',
    waiting: waiting === '1',
    port: port === undefined ? null : parseCount(port, 'port', 1, 65_535),
  };
}
