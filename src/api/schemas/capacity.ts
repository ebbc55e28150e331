// Capacity without a task. POST /v1/tickets: a stream of WaitingView lines that ends with a LeaseView. POST /v1/tasks with
// test_only: when the task would start.
import { z } from 'zod';
import { ENGINE_KINDS } from '../../core/engine-traits.ts';
import { parseFields } from '../../request/parse.ts';
import type { Asked } from '../../request/request.ts';
import { ADVICE } from './advice.ts';
import { check } from './check.ts';
import { absolutePath, shapeOf } from './fields.ts';
import { BLOCKED, START } from './task.ts';

export const TICKET = z.strictObject({
  ...shapeOf('wait_for_capacity'),
  project: absolutePath,
  since_ms: z
    .int()
    .min(0)
    .optional()
    .describe('epoch ms at which the caller began to wait; keeps its place in the queue'),
});
export type TicketBody = z.output<typeof TICKET>;

export interface TicketRequest extends Asked<'wait_for_capacity'> {
  readonly project: string;
  /** Epoch ms at which a caller that lost its daemon began to wait; null for a new caller. */
  readonly sinceMs: number | null;
}

export const WAITING = z
  .strictObject({
    event: z.literal('waiting_for_capacity').describe('Always this name.'),
    ...BLOCKED.shape,
  })
  .meta({ id: 'WaitingForCapacity', description: 'Why `wait_for_capacity` still waits.' });
export type WaitingView = z.output<typeof WAITING>;

export const LEASE = z
  .strictObject({
    event: z.literal('capacity_available').describe('Always this name.'),
    lease: z.string().describe('Id of the lease, for `run --lease`.'),
    expires_at: z.string().describe('When it expires.'),
    mem_bytes: z.number().describe('Memory it holds.'),
    cpu_cores: z.number().describe('Cores it holds.'),
    note: z.string().optional().describe('What was changed in the request.'),
  })
  .meta({ id: 'Lease', description: 'The room is there and is held for the next run.' });
export type LeaseView = z.output<typeof LEASE>;

const WHY = BLOCKED.omit({ expected_start: true, expected_start_p90: true, latest_start: true });

export const TEST_RUN = z
  .strictObject({
    test_only: z.literal(true).describe('Nothing was submitted, and no place in the queue is taken.'),
    starts_now: z.boolean().describe('It would start at once, also without `queue`.'),
    ...START,
    waiting: WHY.nullable().describe('What it would wait for. Null: it would start at once.'),
    engine: z
      .enum(ENGINE_KINDS)
      .optional()
      .describe('Engine in whose queue it would wait. Absent: this host.'),
    elsewhere: z
      .strictObject({
        engine: z.enum(ENGINE_KINDS).describe('Value for `--engine`.'),
        expected_start: z.string().describe('The likely start there.'),
      })
      .optional()
      .describe('Another engine that would start it sooner.'),
    estimated_time_ms: z.number().describe('What would be charged: declared, learned, or the default.'),
    estimated_mem_bytes: z.number().describe('The same for memory.'),
    estimated_cpu_cores: z.number().describe('The same for CPU.'),
    kill_timeout_ms: z.number().describe('Running time at which the watchdog would kill it.'),
    advice: z
      .array(ADVICE)
      .optional()
      .describe('Declared estimates that are far from what earlier runs used.'),
    note: z.string().optional().describe('What would be changed in the request.'),
  })
  .meta({
    id: 'TestRun',
    description: 'When a task would start if it were submitted now with `queue`.',
  });
export type TestRunView = z.output<typeof TEST_RUN>;

export function parseTicket(body: unknown): TicketRequest {
  const { project, since_ms, ...fields } = check(TICKET, body);
  return { ...parseFields('wait_for_capacity', fields), project, sinceMs: since_ms ?? null };
}
