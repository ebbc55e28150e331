// What each tool takes: the API's own schemas, each field with the words its flag has in the CLI.
import { z } from 'zod';
import { quantity, refs, toolShapeOf } from '../../src/api/schemas/fields.ts';
import { KILL, LIST } from '../../src/api/schemas/task.ts';
import { FLAGS as LIST_FLAGS } from '../commands/task/list.ts';
import type { FlagSpecs } from '../input/argv.ts';

const task = z.string().min(1).describe('name, id or unique prefix of the id');
const tasks = refs.describe('names or ids, as a list or separated by commas');
const timeout = quantity.optional();
const cwd = z.string().min(1).describe('directory (default: that of this server)').optional();

export const run = z.strictObject(toolShapeOf('run'));

export const wait = z.strictObject({
  name: tasks.optional(),
  any: z.boolean().describe('until the first has ended, instead of all').optional(),
  timeout: timeout.describe(
    'answer after it, with what is needed to wait on (default 50s, below the limit of most clients)',
  ),
  resume: z
    .record(z.string(), z.int().min(0))
    .describe('instead of name: as the wait before answered it; no event is lost or repeated')
    .optional(),
});

export const waitForCapacity = z.strictObject({
  ...toolShapeOf('wait_for_capacity'),
  timeout: timeout.describe('answer after it, with what is needed to wait on (default 50s)'),
  resume: z
    .strictObject({ since_ms: z.int().min(0) })
    .describe('as the call before answered it: keeps the place in the queue')
    .optional(),
});

export const list = z.strictObject({
  ...described(LIST.pick({ status: true, owner: true, tag: true }).shape, LIST_FLAGS),
  since: quantity.describe(LIST_FLAGS.since.help).optional(),
  all: z.boolean().describe(LIST_FLAGS.all.help).optional(),
  all_projects: z.boolean().describe(LIST_FLAGS.all_projects.help).optional(),
  cwd,
});

export const status = z.strictObject({
  name: task.describe('a task; without it: host, capacity and queue').optional(),
});

const lines = z.int().min(1);
export const log = z.strictObject({
  name: task,
  tail: lines.describe('the last so many lines (default 15)').optional(),
  head: lines.describe('the first so many lines').optional(),
  full: z.boolean().describe('all of it').optional(),
  max_bytes: quantity.describe('not more than this (default 16K)').optional(),
});

export const kill = z.strictObject({
  name: tasks,
  force: KILL.shape.force.describe('straight to SIGKILL'),
  signal: KILL.shape.signal.describe('first signal instead of SIGTERM, such as SIGINT'),
});

export const adjust = z.strictObject({ name: tasks, ...toolShapeOf('adjust') });

export const retry = z.strictObject({ name: tasks });

/** Each field with the help of the flag of the same name. */
function described<S extends z.ZodRawShape>(shape: S, flags: FlagSpecs): S {
  const entries = Object.entries(shape).map(([key, field]) => {
    const help = flags[key]?.help;
    return [key, help === undefined ? field : (field as z.ZodType).describe(help)];
  });
  return Object.fromEntries(entries) as S;
}
