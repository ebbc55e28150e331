// Defines the result of each tool: the fields that are always there. docs/reference/json.md lists the others, which depend on
// the state of the task.
import { z } from 'zod';
import { TASK_STATUSES } from '../../src/core/task.ts';

const INBOX = {
  inbox: z
    .array(z.looseObject({ event: z.string(), id: z.string(), name: z.string() }))
    .describe('new events of your tasks, each shown once')
    .optional(),
  more: z.number().describe('number of further entries of the inbox').optional(),
};

const task = z.looseObject({
  name: z.string(),
  status: z.enum(TASK_STATUSES),
  hint: z.string().describe('what to do next').optional(),
  suggested_command: z.string().describe('command that works as it stands').optional(),
});
const ended = task.extend({
  exit_code: z.number().nullable().optional(),
  kill_reason: z.string().optional(),
  kill_hint: z.string().describe('what to change before the next attempt').optional(),
});
const event = z.looseObject({ event: z.string(), id: z.string(), name: z.string() });
const problem = z.looseObject({ name: z.string(), error: z.string(), message: z.string() });

/** `test_only` submits no task, so it has neither name nor status. */
export const run = task.partial({ name: true, status: true }).extend({
  starts_now: z.boolean().describe('with test_only: it would start at once').optional(),
  expected_start: z.string().nullable().describe('with test_only: the likely start').optional(),
  latest_start: z.string().nullable().describe('with test_only: the start at the latest').optional(),
  ...INBOX,
});

export const wait = z.looseObject({
  status: z.enum(['ended', 'running']),
  ended: z.array(ended).describe('how tasks ended').optional(),
  live: z.array(task).describe('tasks that have not ended').optional(),
  resume: z.record(z.string(), z.number()).describe('argument of the next wait').optional(),
  events: z.array(event).describe('what happened during the wait').optional(),
  ...INBOX,
});

export const waitForCapacity = z.looseObject({
  status: z.enum(['granted', 'waiting']),
  lease: z.string().describe('argument of the next run').optional(),
  resume: z.looseObject({ since_ms: z.number() }).describe('argument of the next call').optional(),
  ...INBOX,
});

export const list = z.looseObject({
  tasks: z
    .array(z.looseObject({ status: z.union([z.string(), z.record(z.string(), z.number())]) }))
    .describe('tasks, or a fold of the pending or the ended tasks of a batch or tag'),
  next: z.string().describe('argument "before" of the next call').optional(),
  ...INBOX,
});

export const status = z.looseObject(INBOX).describe('the task, or the host, its capacity and the queue');

export const log = z.looseObject({ output: z.string(), ...INBOX });

export const changed = z.looseObject({
  tasks: z.array(ended).optional(),
  errors: z.array(problem).describe('the tasks for which the request failed').optional(),
  ...INBOX,
});
