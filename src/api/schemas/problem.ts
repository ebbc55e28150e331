// Errors: application/problem+json (RFC 9457) with these fields, and those of the error itself.
import { z } from 'zod';
import { ENGINE_KINDS } from '../../core/engine-traits.ts';
import { TASK_STATUSES } from '../../core/task.ts';
import { ADVICE } from './advice.ts';
import { BLOCKED, START } from './task.ts';

export const PROBLEM = z
  .looseObject({
    type: z.string().describe('URN of the error, `urn:babysit:error:CODE`.'),
    title: z.string().describe('What the code means.'),
    status: z.number().describe('HTTP status.'),
    detail: z.string().describe('What is wrong with which input.'),
    error: z.string().describe('[Code](errors.md) of the error.'),
    hint: z.string().describe('What to do.'),
  })
  .meta({
    id: 'Problem',
    description:
      'An error (RFC 9457). The CLI prints `error`, `message` (the detail), `hint` and the fields of the error.',
  });
export type ProblemView = z.output<typeof PROBLEM>;

/** Fields of single errors. Each is absent where it says nothing. */
export const PROBLEM_FIELDS = z
  .strictObject({
    dim: z
      .enum(['mem', 'cpu', 'slots', 'reservation', 'profile', 'hold'])
      .describe('What there is too little of; `hold`: a person holds the start.'),
    requested: z.number().describe('What was requested: bytes, cores or a count, by `dim`.'),
    available: z.number().describe('What is free now, in the same unit.'),
    limit: z
      .number()
      .describe('What all tasks together may have, in the same unit; of `queue_full`: pending tasks.'),
    charged: BLOCKED.shape.charged,
    outside: BLOCKED.shape.outside,
    hold: BLOCKED.shape.hold,
    blocked_by: z.array(z.string()).describe('Names of the tasks and leases that hold the room.'),
    owners: z.array(z.string()).describe('The owners of those, each once.'),
    ...START,
    elsewhere: z
      .strictObject({
        engine: z.enum(ENGINE_KINDS).describe('Its name.'),
        expected_start: z.string().describe('When it would start the task.'),
      })
      .describe('The engine that would start it sooner, and when.'),
    suggested_command: z.string().describe('A command that is accepted instead, for a shell.'),
    advice: z.array(ADVICE).describe('Declared estimates that are far from what earlier runs used.'),
    would_fit: z.string().describe('The largest estimate that fits, as a flag takes it.'),
    raise: z
      .string()
      .nullable()
      .describe('Flag with its value, setting or command that raises the limit; null: nothing does.'),
    retry_after_ms: z.number().describe('Time after which the same request is accepted.'),
    candidates: z
      .array(
        z.strictObject({
          id: z.string().describe('Its id.'),
          name: z.string().describe('Its name.'),
          project: z.string().describe('Its project.'),
          status: z.enum(TASK_STATUSES).describe('Its status.'),
        }),
      )
      .describe('Tasks that match an ambiguous reference.'),
    ref: z.string().describe('The reference that matches no task, or several.'),
    name: z.string().describe('Name of the task.'),
    task_status: z.enum(TASK_STATUSES).describe('Status of the task.'),
    cap_bytes: z.number().describe('The new memory cap.'),
    peak_mem_bytes: z.number().describe('Memory that the task is known to reach.'),
    used_bytes: z.number().describe('Memory that the task uses now.'),
    lease: z.string().describe('The lease.'),
    cwd: z.string().describe('The directory.'),
    path: z.string().describe('The file.'),
    reason: z
      .string()
      .describe(
        'How the connection failed: `absent`, `busy`, `denied`, `broken` or `silent`. Only from the CLI.',
      ),
    flag: z.string().describe('The wrong flag. Only from the CLI.'),
    nearest: z.string().describe('The flag, command, word or name of a task that was probably meant.'),
  })
  .partial()
  .meta({ id: 'ProblemFields', description: 'Fields that single errors add to a [problem](#problem).' });
