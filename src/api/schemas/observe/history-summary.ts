// GET /v1/history/summary: what tasks took, waited for and lost, over days.
import { z } from 'zod';
import { parseDuration } from '../../../units/duration.ts';
import { parseCount } from '../../../units/number.ts';
import { check } from '../check.ts';

const number = z.number();
const text = z.string();

const QUANTILES = z
  .strictObject({
    n: number.describe('How many runs show it.'),
    p50: number.describe('Half of them are not above it.'),
    p90: number.describe('Nine of ten are not above it.'),
  })
  .nullable();
export type Quantiles = z.output<typeof QUANTILES>;

const TALLY = {
  tasks: number.describe('Tasks that ended.'),
  completed: number.describe('Of those, with exit code 0.'),
  failed: number.describe('With another exit code, or they could not start.'),
  killed: number.describe('Killed by a user or the watchdog.'),
  interrupted: number.describe('Lost with the host.'),
  ran_ms: number.describe('Running time of all their attempts, without pauses of the last one.'),
  cpu_seconds: number.describe('CPU time of all their attempts.'),
  wait_ms: QUANTILES.describe('Time from the submission to the first start. Null: none started.'),
  waited_ms: number.describe('The sum of that.'),
  lost_ms: number.describe('Running time of attempts that were killed or interrupted.'),
  lost_cpu_seconds: number.describe('Their CPU time.'),
  time_ratio: QUANTILES.describe(
    'Time estimate / running time, of completed tasks. 2: twice as much as needed.',
  ),
  mem_ratio: QUANTILES.describe('Memory estimate / peak, of completed tasks.'),
  cpu_ratio: QUANTILES.describe('CPU estimate / mean use, of completed tasks of more than 5 s.'),
  unused_mem_byte_s: number.describe(
    'Memory that was reserved and not used at the peak, times the running time.',
  ),
  unused_core_s: number.describe(
    'Cores that were reserved and not used in the mean, times the running time.',
  ),
};

const GROUP = z
  .strictObject({ key: text.describe('The owner, the project, or the program and verb.'), ...TALLY })
  .meta({ id: 'HistoryGroup', description: 'The history of one owner, project or command.' });
export type HistoryGroup = z.output<typeof GROUP>;

const KILL = z.strictObject({
  reason: text.describe('One of the [reasons](reasons.md), or that of an interruption.'),
  attempts: number.describe('Attempts that ended for it.'),
  lost_ms: number.describe('Their running time.'),
  lost_cpu_seconds: number.describe('Their CPU time.'),
});

const SPAN = z.strictObject({
  at: number.describe('Begin of the span, in ms since 1970.'),
  completed: number.describe('Tasks that completed in it.'),
  failed: number.describe('Tasks that failed.'),
  killed: number.describe('Tasks that were killed or interrupted.'),
  wait_ms: number.nullable().describe('Mean wait of those tasks. Null: none.'),
  mem_ours_pct: number
    .nullable()
    .describe('Mean share of the memory of the host that tasks used. Null: not recorded.'),
  mem_outside_pct: number.nullable().describe('That of other programs.'),
  cpu_ours_pct: number.nullable().describe('Mean share of the cores that tasks used.'),
  cpu_outside_pct: number.nullable().describe('That of other programs.'),
});
export type HistorySpan = z.output<typeof SPAN>;

const IDLE = z
  .strictObject({
    recorded_ms: number.describe('Time of the window for which the use of the host is recorded.'),
    free_mem_pct: number.describe('Mean share of the memory, above the reserve, that nothing used.'),
    free_cpu_pct: number.describe('Mean share of the cores that nothing used.'),
    waiting_ms: number.describe('Time in which tasks were pending.'),
    free_mem_pct_waiting: number
      .nullable()
      .describe('As `free_mem_pct`, in that time. Null: there was none.'),
    free_cpu_pct_waiting: number.nullable().describe('As `free_cpu_pct`, in that time.'),
  })
  .nullable();

export const HISTORY = z
  .strictObject({
    since: text.describe('Begin of the window.'),
    until: text.describe('End of the window.'),
    by: z.enum(['owner', 'project', 'command']).describe('What the groups are.'),
    ...TALLY,
    groups: z.array(GROUP).describe('Those with the longest running time first.'),
    left_out: number.describe('Groups above the limit.'),
    kills: z.array(KILL).describe('By reason, the largest loss first.'),
    spans: z.array(SPAN).describe('The window in equal parts, oldest first.'),
    span_ms: number.describe('Length of one.'),
    idle: IDLE.describe('Room that stayed unused, by the time series of the host. Null: not recorded.'),
  })
  .meta({
    id: 'History',
    description: 'What ended tasks took, waited for and lost. Removed tasks are not counted.',
  });
export type HistoryView = z.output<typeof HISTORY>;

const BY = ['owner', 'project', 'command'] as const;
export const SUMMARY_QUERY = z.object({
  since: text.optional().describe('A time before now: 7d. Default: 7d.'),
  by: z.enum(BY).optional().describe('How the tasks are grouped. Default: command.'),
  project: text.optional().describe('Only tasks of this project.'),
  owner: text.optional().describe('Only tasks of this owner.'),
  limit: text.optional().describe('At most so many groups. Default: 20.'),
});

export interface HistoryQuery {
  readonly sinceMs: number;
  readonly by: (typeof BY)[number];
  /** Null: all. */
  readonly project: string | null;
  readonly owner: string | null;
  readonly limit: number;
}

const WEEK_MS = 7 * 86_400_000;
const DEFAULT_GROUPS = 20;
const MAX_GROUPS = 1000;

export function parseSummary(query: unknown): HistoryQuery {
  const { since, by = 'command', project = null, owner = null, limit } = check(SUMMARY_QUERY, query);
  return {
    sinceMs: since === undefined ? WEEK_MS : parseDuration(since, 'since'),
    by,
    project,
    owner,
    limit: limit === undefined ? DEFAULT_GROUPS : parseCount(limit, 'limit', 1, MAX_GROUPS),
  };
}
