// GET /v1/live: what the host and its tasks do now, one frame a line.
import { z } from 'zod';
import { HOLD } from '../hold.ts';
import { OUTSIDE, STATUS } from '../status.ts';
import { TASK } from '../task.ts';

const number = z.number();
const text = z.string();
const known = z.number().nullable();

export const HOST_POINT = z
  .strictObject({
    at: number.describe('When it was measured, in ms since 1970.'),
    mem_total_bytes: number.describe('Memory of the host.'),
    mem_reserve_bytes: number.describe('The part that tasks leave free.'),
    mem_ours_bytes: number.describe('Used by running tasks.'),
    mem_outside_bytes: number.describe('Used by other programs.'),
    cpu_cores: known.describe('Cores in use. Null before the second pass.'),
    cpu_ours_cores: known.describe('Cores that running tasks use.'),
    cpu_outside_cores: known.describe('Cores that other programs use.'),
    psi_cpu_pct: known.describe('Percent of ten seconds in which some processes waited for CPU.'),
    psi_mem_pct: known.describe('Percent of ten seconds in which all processes waited for memory.'),
    psi_io_pct: known.describe('Percent of ten seconds in which all processes waited for IO.'),
    disk_free_bytes: known.describe('Free on the disk of the state directory.'),
    running: number.describe('Running and paused tasks.'),
    pending: number.describe('Pending tasks.'),
  })
  .meta({ id: 'HostPoint', description: 'The use of the host, as one point of its time series.' });
export type HostPoint = z.output<typeof HOST_POINT>;

export const LIVE_TASK = TASK.pick({
  ...{
    id: true,
    name: true,
    status: true,
    owner: true,
    project: true,
    command: true,
    tags: true,
    batch: true,
  },
  ...{
    attempt: true,
    priority: true,
    submitted_at: true,
    started_at: true,
    ended_at: true,
    elapsed_ms: true,
  },
  ...{ estimated_time_ms: true, estimated_mem_bytes: true, estimated_cpu_cores: true, kill_timeout_ms: true },
  ...{
    observability_interval_ms: true,
    held_at: true,
    throttled_at: true,
    mem_max_bytes: true,
    mem_bytes: true,
  },
  ...{
    cpu_max_cores: true,
    cpu_cores: true,
    silent_ms: true,
    progress: true,
    waiting: true,
    exit_code: true,
  },
  ...{ signal: true, kill_reason: true, kill_hint: true, reason: true, message: true, hint: true },
  ...{ peak_mem_bytes: true, cpu_seconds: true, kill_detail: true, stopped_gracefully: true },
})
  .extend({
    command: text.describe('The first 200 characters of its command.'),
    last_line: text.nullable().describe('The last line of its output, at most 200 characters. Null: none.'),
    io_read_bytes_per_s: known.describe('Read from disks: a mean of five seconds. Null: not measured.'),
    io_write_bytes_per_s: known.describe('Written to disks: a mean of five seconds. Null: not measured.'),
  })
  .meta({ id: 'LiveTask', description: 'What lists show of a task.' });
export type LiveTask = z.output<typeof LIVE_TASK>;

export const LIVE_STATUS = STATUS.omit({ running: true, queue: true, levers: true }).meta({
  id: 'LiveStatus',
  description: 'The host and its capacity: GET /v1/status without its tasks.',
});
export type LiveStatus = z.output<typeof LIVE_STATUS>;

const IDS = z.array(z.string());

export const FRAME = z
  .strictObject({
    event: z.literal('frame').describe('Always this name.'),
    at: number.describe('When it was made, in ms since 1970.'),
    host: HOST_POINT.nullable().describe('The last sampling pass. Null before the first one.'),
    status: LIVE_STATUS.describe('What GET /v1/status answers, without the tasks.'),
    rows: z
      .array(LIVE_TASK.partial().required({ id: true }))
      .describe(
        'The tasks that are new or changed since the last line, each with the fields that changed. The first line of a stream has all fields of all tasks; a client keeps those of the tasks that the lists below name.',
      ),
    running: IDS.describe('Ids of the running and paused tasks.'),
    pending: IDS.describe('Ids of the first 200 pending tasks, in the order of their expected starts.'),
    ended: IDS.describe('Ids of the last 20 tasks that ended, newest first.'),
    hold: HOLD.nullable().describe('The hold of all tasks. Null: none. `status` has the others too.'),
    outside: z.array(OUTSIDE).describe('The programs outside of all tasks that use most of the host.'),
  })
  .meta({ id: 'Frame', description: 'The host and its tasks at one moment: a line of the live stream.' });
export type FrameView = z.output<typeof FRAME>;
