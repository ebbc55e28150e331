// babysit heartbeat: what tasks did, one record a minute.
import type { HeartbeatView } from '../../../src/api/schemas/heartbeat.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { filledLines } from '../../../src/text/split.ts';
import { call, stream } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { findCwd, findProject } from '../../input/project.ts';
import { NAME_FLAG, taskPath, taskRefs } from '../../input/refs.ts';
import { csv } from '../../output/table.ts';

const FORMATS = ['csv', 'jsonl'] as const;
type Format = (typeof FORMATS)[number];

/** The order of the columns; the same as in each object. */
const COLUMNS = [
  'timestamp',
  'job_name',
  'phase',
  'items_total',
  'items_done',
  'items_failed',
  'eta_minutes',
  'rss_mb',
  'cpu_pct',
] as const satisfies readonly (keyof HeartbeatView)[];

export const command = defineCommand({
  usage: 'heartbeat [NAME...] [--format=csv|jsonl]',
  about: `One record for each minute a task has run: ${COLUMNS.join(', ')}.
cpu_pct is of the minute, 100 is one core; what is not known is empty (null). The last days of each task are kept, over all
its attempts. Without a name: the live tasks of this project.`,
  flags: {
    ...NAME_FLAG,
    format: { kind: 'text', value: 'csv|jsonl', help: 'default: jsonl, one object a line' },
  },
  examples: ['babysit heartbeat train', 'babysit heartbeat train --format=csv > train.csv'],
  async run(context, { flags, positionals }) {
    const format = readFormat(flags.format);
    const named = taskRefs(positionals, flags.name);
    const refs = named.length > 0 ? named : await liveTasks(context);
    if (format === 'csv') context.output.data(csv(COLUMNS, []));
    for (const ref of refs) await print(context, ref, format);
    return EXIT.ok;
  },
});

function readFormat(text = 'jsonl'): Format {
  const format = FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  throw new BabysitError('usage', `--format: "${text}" is not one of ${FORMATS.join(', ')}`);
}

async function liveTasks({ session }: Context): Promise<string[]> {
  const query = new URLSearchParams({
    project: findProject(findCwd(undefined)),
    status: 'running,paused',
  });
  const { tasks } = await call<{ tasks: TaskView[] }>(session, 'GET', `/v1/tasks?${query}`);
  return tasks.map(({ id }) => id);
}

async function print({ session, output }: Context, ref: string, format: Format): Promise<void> {
  const chunks: Buffer[] = [];
  await stream(session, taskPath(ref, '/heartbeat'), (chunk) => chunks.push(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  if (format === 'jsonl') {
    output.data(text);
    return;
  }
  const records = filledLines(text).map((line) => JSON.parse(line) as HeartbeatView);
  const rows = records.map((record) => COLUMNS.map((column) => String(record[column] ?? '')));
  output.data(csv(COLUMNS, rows).slice(csv(COLUMNS, []).length));
}
