// GET /v1/tasks/:ref/heartbeat: one record per minute as NDJSON, oldest first.
import { z } from 'zod';

const count = z.number().nullable();

export const HEARTBEAT = z
  .strictObject({
    timestamp: z.string().describe('When it was recorded.'),
    job_name: z.string().describe('Name of the task.'),
    phase: z.string().nullable().describe('Name of the current step.'),
    items_total: count.describe('All items.'),
    items_done: count.describe('Finished items.'),
    items_failed: count.describe('Items that failed.'),
    eta_minutes: count.describe('Minutes until the expected end.'),
    rss_mb: z.number().describe('Memory in use, in MiB, without page cache.'),
    cpu_pct: z.number().describe('CPU use of the minute in percent. 100 is one core.'),
  })
  .meta({ id: 'Heartbeat', description: 'What a task used and how far it was, once a minute.' });
export type HeartbeatView = z.output<typeof HEARTBEAT>;
