// POST /v1/tasks and POST /v1/batch: the fields of a task, and its caller.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { IGNORABLE, RLIMITS } from '../../core/inherited.ts';
import { TASK_STATUSES } from '../../core/task.ts';
import { checkCommand, checkEnvironment } from '../../request/kernel-limits.ts';
import { parseRequest } from '../../request/parse.ts';
import { type Caller, environmentOf, type RunRequest } from '../../request/request.ts';
import { check } from './check.ts';
import { absolutePath, env, owner, shapeOf } from './fields.ts';
import { UNENFORCED } from './task.ts';

const MAX_LINES = 10_000;
const BATCH_NAME = /^batch-[0-9a-z]{10}$/;

const LIMIT = z.string().regex(/^(\d{1,20}|unlimited)$/, 'must be a whole number as text, or "unlimited"');
/** The kernel holds a size in 16 bits. */
const TERMINAL_SIDE = z.int().min(1).max(65_535);
const CALLER = z
  .strictObject({
    cwd: absolutePath.describe('current directory'),
    env: env.describe('complete environment'),
    project: absolutePath.describe('the git root of cwd, else cwd'),
    umask: z.int().min(0).max(0o777).optional().describe('default 022'),
    rlimits: z
      .partialRecord(z.enum(RLIMITS), z.tuple([LIMIT, LIMIT]).readonly())
      .optional()
      .describe('soft and hard limits of resources, in the units of setrlimit(2)'),
    cpus: z
      .string()
      .regex(/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/, 'must be a list of CPUs, such as 0-3,8')
      .optional()
      .describe('CPUs that the command may use'),
    nice: z
      .int()
      .min(0)
      .max(19)
      .optional()
      .describe('niceness that the command does not fall below, unless it asks to'),
    terminal: z
      .strictObject({ columns: TERMINAL_SIDE, rows: TERMINAL_SIDE })
      .optional()
      .describe('size of the terminal of --pty, default 80x24'),
    streams: z
      .strictObject({
        stdin: z.enum(['pipe', 'terminal', 'null', 'closed']),
        stdout: z.enum(['pipe', 'terminal', 'log', 'closed']),
        stderr: z.enum(['pipe', 'terminal', 'stdout', 'log', 'closed']),
      })
      .optional()
      .describe('the standard streams, where a client attaches to the task'),
    ignored: z
      .array(z.enum(IGNORABLE))
      .max(IGNORABLE.length)
      .readonly()
      .optional()
      .describe('signals that the command ignores from its start'),
    owner: owner.optional().describe('session of the agent'),
  })
  .describe('Origin of a request. Fields of the task override it.') satisfies z.ZodType<Caller>;

const { wait: _, test_only: __, ...LINE } = shapeOf('run');
const BATCH_LINE = z.strictObject(LINE);
export const RUN = z
  .strictObject({
    ...shapeOf('run'),
    caller: CALLER.optional().describe('required unless cwd, env (complete) and project are given'),
    project: absolutePath.optional(),
    umask: CALLER.shape.umask,
  })
  .describe('One task. Durations, sizes and numbers may be text ("10m", "4G").');
export type RunBody = z.output<typeof RUN>;

export const BATCH = z
  .strictObject({
    caller: CALLER,
    lines: z.array(z.unknown()).max(MAX_LINES).describe('fields of a task; queue is true by default'),
    batch: z
      .string()
      .regex(BATCH_NAME, 'must be the batch of an earlier answer')
      .optional()
      .describe('the batch of an earlier answer, to add more tasks to it'),
  })
  .describe('Tasks of one caller. A line is stored when its answer is a task.');
export type BatchBody = z.output<typeof BATCH>;

const BATCH_TASK = z
  .strictObject({
    id: z.string().describe('Id of the task.'),
    name: z.string().describe('Name of the task.'),
    status: z.enum(TASK_STATUSES).describe('Its status.'),
    note: z.string().optional().describe('What was changed in the request.'),
    deduplicated: z.literal(true).optional().describe('The key was known: this is the earlier task.'),
    batch: z.string().optional().describe('With `deduplicated`: the batch of that task, if it has one.'),
  })
  .meta({ id: 'BatchTask', description: 'A line of a batch that was accepted.' });
const BATCH_ERROR = z
  .looseObject({
    error: z.string().describe('[Code](errors.md) of the error.'),
    message: z.string().describe('What is wrong.'),
    hint: z.string().describe('What to do.'),
  })
  .meta({
    id: 'BatchError',
    description: 'A line of a batch that was refused, with the fields of a [problem](#problem).',
  });
export const BATCH_LINE_VIEW = z.union([BATCH_TASK, BATCH_ERROR]);
/** One line of the answer: the task, or why there is none. */
export type BatchLineView = z.output<typeof BATCH_LINE_VIEW>;
export const BATCH_VIEW = z
  .strictObject({
    batch: z.string().describe('Name of the batch. `--tag` selects its tasks by it.'),
    lines: z.array(BATCH_LINE_VIEW).describe('One result a line, in the order of the request.'),
    ...UNENFORCED,
  })
  .meta({ id: 'Batch', description: 'The results of a batch.' });
export type BatchView = z.output<typeof BATCH_VIEW>;

export function parseRun(body: unknown): RunRequest {
  const { caller, project, umask, ...asked } = check(RUN, body);
  const request =
    caller === undefined
      ? // `env` is the complete environment here: a suggested command must not repeat it.
        parseRequest({ ...asked, env: undefined }, check(CALLER, { ...flat(asked), project, umask }))
      : parseRequest(asked, caller);
  checkCommand(request);
  checkEnvironment(environmentOf(request));
  return request;
}

export interface BatchRequest {
  /** In order; an error for an invalid line. */
  readonly lines: readonly (RunRequest | BabysitError)[];
  /** The batch that the tasks join; null: a new one. */
  readonly batch: string | null;
}

/** A part takes the daemon about 3 ms. */
const PART_LINES = 64;

/** Yields after each part: the daemon serves other requests there. Throws BabysitError when the batch is invalid. */
export function* parseBatch(body: unknown): Generator<void, BatchRequest> {
  const { caller, lines, batch = null } = check(BATCH, body);
  checkEnvironment(caller.env);
  const parsed: BatchRequest['lines'][number][] = [];
  for (const line of lines) {
    parsed.push(parseLine(line, caller));
    if (parsed.length % PART_LINES === 0) yield;
  }
  return { lines: parsed, batch };
}

function parseLine(line: unknown, caller: Caller): RunRequest | BabysitError {
  try {
    // The lines of a batch wait in the queue by default.
    const request = parseRequest({ queue: true, ...check(BATCH_LINE, line) }, caller);
    checkCommand(request);
    if (request.env !== null) checkEnvironment(request.env);
    return request;
  } catch (error) {
    if (error instanceof BabysitError) return error;
    throw error;
  }
}

function flat({ cwd, env, owner }: RunBody): object {
  return { cwd, env, owner };
}
