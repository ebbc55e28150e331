// Defines the input of each tool with the schemas of the API and the help of the CLI.
import { z } from 'zod';
import { KILL } from '../../src/api/schemas/change/kill.ts';
import { quantity, refs, toolShapeOf } from '../../src/api/schemas/fields.ts';
import { LIST } from '../../src/api/schemas/task.ts';
import { FLAGS as LIST_FLAGS } from '../commands/task/list.ts';
import type { FlagSpecs } from '../input/argv.ts';
import { NAME_FLAG } from '../input/refs.ts';

const task = z.string().min(1).describe('task by name, id or unique prefix of the id');
const tasks = refs
  .describe("names, ids or patterns such as 'item-*', as a list or separated by commas")
  .optional();
const tag = refs
  .describe('instead of name, or in addition: tasks with this tag, or of this batch')
  .optional();
const timeout = quantity.optional();
/** Where the names of a request belong. */
const scope = {
  cwd: z.string().min(1).describe('directory of the project (default: that of this server)').optional(),
  all_projects: z.boolean().describe(NAME_FLAG.all_projects.help).optional(),
};

export const run = z.strictObject(toolShapeOf('run'));

export const wait = z.strictObject({
  name: tasks,
  tag,
  ...scope,
  any: z.boolean().describe('answer when the first task has ended, instead of all').optional(),
  timeout: timeout.describe(
    'answer after this time, with the arguments to continue (default: as long as the client waits)',
  ),
  resume: z
    .record(z.string(), z.int().min(0))
    .describe('instead of name: the value that the previous wait returned; no event is lost or repeated')
    .optional(),
});

export const waitForCapacity = z.strictObject({
  ...toolShapeOf('wait_for_capacity'),
  timeout: timeout.describe(
    'answer after this time, with the arguments to continue (default: as long as the client waits)',
  ),
  resume: z
    .strictObject({ since_ms: z.int().min(0) })
    .describe('the value that the previous call returned: keeps the place in the queue')
    .optional(),
});

export const list = z.strictObject({
  ...described(LIST.pick({ status: true, owner: true, tag: true }).shape, LIST_FLAGS),
  since: quantity.describe(LIST_FLAGS.since.help).optional(),
  all: z.boolean().describe(LIST_FLAGS.all.help).optional(),
  limit: z.int().min(1).max(1000).describe('return at most the N newest rows (default: 100)').optional(),
  before: z.string().describe('the value of next in an answer: returns the rows before it').optional(),
  ...scope,
  all_projects: z.boolean().describe(LIST_FLAGS.all_projects.help).optional(),
});

export const status = z.strictObject({
  name: task
    .describe('task by name, id or unique prefix of the id; without it: host, capacity and queue')
    .optional(),
  ...scope,
});

const lines = z.int().min(1);
export const log = z.strictObject({
  name: task,
  ...scope,
  attempt: lines
    .describe('of a task that was retried: the output of this attempt (default: the last)')
    .optional(),
  tail: lines.describe('return the last N lines (default: 15)').optional(),
  head: lines.describe('return the first N lines').optional(),
  full: z.boolean().describe('return the whole log').optional(),
  max_bytes: quantity.describe('return at most this many bytes (default: 16K)').optional(),
});

export const kill = z.strictObject({
  name: tasks,
  tag,
  ...scope,
  force: KILL.shape.force.describe('send SIGKILL at once'),
  signal: KILL.shape.signal.describe('send this signal instead of SIGTERM, such as SIGINT'),
});

export const adjust = z.strictObject({ name: tasks, tag, ...scope, ...toolShapeOf('adjust') });

export const retry = z.strictObject({ name: tasks, tag, ...scope, ...toolShapeOf('retry') });

/** Each field with the help of the flag of the same name. */
function described<S extends z.ZodRawShape>(shape: S, flags: FlagSpecs): S {
  const entries = Object.entries(shape).map(([key, field]) => {
    const help = flags[key]?.help;
    return [key, help === undefined ? field : (field as z.ZodType).describe(help)];
  });
  return Object.fromEntries(entries) as S;
}
