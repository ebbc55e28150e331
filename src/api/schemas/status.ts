// GET /v1/status: the host, its capacity, and the queue.
import { z } from 'zod';
import { PROFILES } from '../../core/profile.ts';
import { BLOCKED, DETAIL } from './task.ts';

const number = z.number();
const text = z.string();

export const STATUS = z.strictObject({
  host: z.strictObject({
    hostname: text,
    cores: number,
    mem_total_bytes: number,
    mem_available_bytes: number,
    stalled: z
      .strictObject({
        memory_full_pct: number.nullable(),
        cpu_some_pct: number.nullable(),
        io_full_pct: number.nullable(),
      })
      .describe('percent of the last ten seconds; null: this kernel has no PSI'),
  }),
  daemon: z.strictObject({
    pid: number,
    version: text,
    started_at: text,
    driver: text,
    home: text,
    node: text,
  }),
  capacity: z.strictObject({
    mem_limit_bytes: number,
    mem_outside_bytes: number,
    mem_running_bytes: number,
    mem_pending_bytes: number,
    mem_leased_bytes: number,
    mem_available_bytes: number,
    cpu_limit_cores: number,
    cpu_reserved_cores: number,
    cpu_available_cores: number,
  }),
  tasks: z.strictObject({ running: number, paused: number, pending: number, tickets: number }),
  profile: z.enum(PROFILES),
  pressure: z
    .array(
      z.strictObject({
        dim: z.enum(['mem', 'disk']),
        lasted_s: number,
        cause: z
          .enum(['ours', 'external', 'spread'])
          .nullable()
          .describe(
            'external: no task causes it; spread: no single task does; ours: one was ended for it; null: not found yet',
          ),
        detail: DETAIL.nullable().describe(
          'numbers behind the cause, as in kill_detail; top_outside_name is the largest process outside',
        ),
      }),
    )
    .describe('What the host is short of. Until that is over, no task starts.'),
  running: z.array(
    z.strictObject({
      name: text,
      id: text,
      elapsed_ms: number,
      mem_bytes: number.nullable(),
      cpu_cores: number.nullable(),
    }),
  ),
  leases: z.array(
    z.strictObject({ id: text, owner: text, mem_bytes: number, cpu_cores: number, expires_at: text }),
  ),
  queue: z
    .array(
      z.strictObject({ kind: z.enum(['task', 'ticket']), name: text, id: text, waiting: BLOCKED.nullable() }),
    )
    .describe('waiting tasks and tickets in the order of their expected start, at most 100'),
});
export type StatusView = z.output<typeof STATUS>;
