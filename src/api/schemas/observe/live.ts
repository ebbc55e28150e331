// GET /v1/live: what the host and its tasks do now, one frame a line.
import { z } from 'zod';
import { HOLD } from '../hold.ts';
import { OUTSIDE, STATUS } from '../status.ts';
import { TASK } from '../task.ts';

const number = z.number();
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

export const FRAME = z
  .strictObject({
    event: z.literal('frame').describe('Always this name.'),
    at: number.describe('When it was made, in ms since 1970.'),
    host: HOST_POINT.nullable().describe('The last sampling pass. Null before the first one.'),
    status: z.lazy(() => STATUS).describe('What GET /v1/status answers.'),
    running: z.array(TASK).describe('Running and paused tasks.'),
    last_lines: z
      .record(z.string(), z.string())
      .describe('The last line of output of each of them, by its id; at most 200 characters.'),
    pending: z.array(TASK).describe('The first 200 pending tasks, in the order of their expected starts.'),
    ended: z.array(TASK).describe('The last 20 tasks that ended, newest first.'),
    hold: HOLD.nullable().describe('The hold of all tasks. Null: none. `status` has the others too.'),
    outside: z.array(OUTSIDE).describe('The programs outside of all tasks that use most of the host.'),
  })
  .meta({ id: 'Frame', description: 'The host and its tasks at one moment: a line of the live stream.' });
export type FrameView = z.output<typeof FRAME>;
