// GET /v1/status: the host, its capacity, and the queue.
import { z } from 'zod';
import { PROFILES } from '../../core/host/profile.ts';
import { NOTICE } from './daemon.ts';
import { HOLD } from './hold.ts';
import { LEVER_USE } from './levers.ts';
import { BLOCKED, DETAIL, NOT_ENFORCED } from './task.ts';

const number = z.number();
const text = z.string();

const STALLED = z
  .strictObject({
    memory_full_pct: number.nullable().describe('All tasks stalled for memory.'),
    cpu_some_pct: number
      .nullable()
      .describe('Some tasks stalled for CPU. High values are normal on a busy host.'),
    io_full_pct: number.nullable().describe('All tasks stalled for IO.'),
  })
  .describe('Percent of the last ten seconds (PSI avg10). Null: the kernel has no PSI.');

export const OUTSIDE = z.strictObject({
  name: text.describe('Name of the program, and of the script that an interpreter runs.'),
  processes: number.describe('How many of its processes are among the largest.'),
  mem_bytes: number.describe('Their resident memory.'),
  cpu_cores: number.describe(
    'Their CPU use: since the last look of the last minute, else since they started.',
  ),
  belongs_to: text.nullable().describe('Agent session or terminal; null: not known.'),
});

const HOST = z
  .strictObject({
    hostname: text.describe('Name of the host.'),
    cores: number.describe('Cores of the host.'),
    mem_total_bytes: number.describe('Memory of the host.'),
    mem_available_bytes: number.describe('Memory that programs can still get.'),
    stalled: STALLED,
    outside: z
      .array(OUTSIDE)
      .describe('The programs outside of all tasks that use most of the memory or the cores.'),
  })
  .describe('The host.');

const DAEMON = z
  .strictObject({
    pid: number.describe('Its process id.'),
    version: text.describe('Its version.'),
    started_at: text.describe('When it started.'),
    driver: text.describe('How it isolates tasks: `v2`, `v1`, `none` or `systemd`.'),
    not_enforced: z.array(NOT_ENFORCED).readonly().describe('What the kernel does not limit here.'),
    home: text.describe('Its state directory, BABYSIT_HOME.'),
    node: text.describe('Version of its Node.'),
  })
  .describe('The daemon.');

const CAPACITY = z
  .strictObject({
    mem_limit_bytes: number.describe('What all tasks together may use.'),
    mem_outside_bytes: number.describe('Used by other programs.'),
    mem_running_bytes: number.describe('Charged to running tasks: the larger of use and estimate of each.'),
    mem_pending_bytes: number.describe('Estimates of the queue.'),
    mem_leased_bytes: number.describe('Held by leases.'),
    mem_available_bytes: number.describe('What is free now.'),
    cpu_limit_cores: number.describe('What all tasks together may reserve.'),
    cpu_outside_cores: number.describe(
      'Charged for other programs (`admission.count_outside_cpu`): their mean use of 15 s in whole cores.',
    ),
    cpu_reserved_cores: number.describe(
      'Charged to running tasks and leases: the larger of mean use and estimate of each task.',
    ),
    cpu_available_cores: number.describe('What is free now.'),
  })
  .describe('What tasks may use, and what is left.');

const COUNTS = z
  .strictObject({
    running: number.describe('Running tasks.'),
    paused: number.describe('Paused tasks.'),
    pending: number.describe('Pending tasks.'),
    tickets: number.describe('Callers that wait for room without a task.'),
  })
  .describe('Number of live tasks.');

const PRESSURE = z.strictObject({
  dim: z.enum(['mem', 'disk']).describe('What the host is short of.'),
  lasted_s: number.describe('How long it has been.'),
  cause: z
    .enum(['ours', 'external', 'spread'])
    .nullable()
    .describe(
      'ours: a task was killed for it. external: no task causes it. spread: no single task does. Null: not known yet.',
    ),
  detail: DETAIL.nullable().describe(
    'The numbers behind the cause. `top_outside_name` is the largest process outside of tasks, `top_outside_of` the agent session or terminal to which it belongs.',
  ),
});

const RUNNING = z.strictObject({
  name: text.describe('Its name.'),
  owner: text.describe('Its owner, or the project.'),
  id: text.describe('Its id.'),
  elapsed_ms: number.describe('Running time without pauses.'),
  mem_bytes: number.nullable().describe('Memory in use now. Null before the first sample.'),
  cpu_cores: number.nullable().describe('Cores in use now. Null before the second sample.'),
});

const HELD = z.strictObject({
  id: text.describe('Its id, for `run --lease`.'),
  owner: text.describe('Its owner, or the project.'),
  mem_bytes: number.describe('Memory it holds.'),
  cpu_cores: number.describe('Cores it holds.'),
  expires_at: text.describe('When it expires.'),
});

const QUEUED = z.strictObject({
  kind: z.enum(['task', 'ticket']).describe('A task, or a caller of wait_for_capacity.'),
  name: text.describe('Its name.'),
  owner: text.describe('Its owner, or the project.'),
  id: text.describe('Its id.'),
  waiting: BLOCKED.nullable().describe('Why it waits. Null: it is about to start.'),
});

export const STATUS = z
  .strictObject({
    host: HOST,
    daemon: DAEMON,
    capacity: CAPACITY,
    tasks: COUNTS,
    profile: z.enum(PROFILES).describe('The active profile.'),
    pressure: z.array(PRESSURE).describe('Shortages of the host. No task starts until they are over.'),
    holds: z.array(HOLD).describe('Holds of people. No task of their scopes starts.'),
    levers: z
      .array(LEVER_USE)
      .describe('The last five uses of levers, newest first. `babysit events --event=lever` has all.'),
    running: z.array(RUNNING).describe('Running and paused tasks.'),
    leases: z.array(HELD).describe('Leases that have not expired.'),
    notices: z.array(NOTICE).describe('What a person should look at. `babysit doctor` shows it too.'),
    queue: z.array(QUEUED).describe('The queue in the order of expected starts, at most 100 entries.'),
  })
  .meta({ id: 'Status', description: 'The host, its capacity and the queue.' });
export type StatusView = z.output<typeof STATUS>;
