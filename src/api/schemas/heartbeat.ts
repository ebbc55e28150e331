// GET /v1/tasks/:ref/heartbeat: one record per minute as NDJSON, oldest first.
import { z } from 'zod';

const count = z.number().nullable();

export const HEARTBEAT = z.strictObject({
  timestamp: z.string(),
  job_name: z.string(),
  phase: z.string().nullable(),
  items_total: count,
  items_done: count,
  items_failed: count,
  eta_minutes: count,
  rss_mb: z.number().describe('MiB, without the page cache'),
  cpu_pct: z.number().describe('over the minute; 100 is one core'),
});
export type HeartbeatView = z.output<typeof HEARTBEAT>;
