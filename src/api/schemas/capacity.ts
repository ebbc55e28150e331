// POST /v1/tickets: capacity without a task. The answer is a stream of WaitingView lines that ends with a LeaseView.
import { z } from 'zod';
import { parseFields } from '../../request/parse.ts';
import type { Asked } from '../../request/request.ts';
import { check } from './check.ts';
import { absolutePath, shapeOf } from './fields.ts';
import { BLOCKED } from './task.ts';

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

export function parseTicket(body: unknown): TicketRequest {
  const { project, since_ms, ...fields } = check(TICKET, body);
  return { ...parseFields('wait_for_capacity', fields), project, sinceMs: since_ms ?? null };
}
