// babysit heartbeat: prints what tasks used, one record a minute.
import type { HeartbeatView } from '../../../src/api/schemas/events/heartbeat.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { filledLines } from '../../../src/text/split.ts';
import { call, readText } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { readChoice } from '../../input/choice.ts';
import { currentProject } from '../../input/project.ts';
import { NAME_FLAG, type Ref, taskPath, taskRefs } from '../../input/refs.ts';
import { csv, csvRows } from '../../output/table.ts';

const FORMATS = ['csv', 'jsonl'] as const;
type Format = (typeof FORMATS)[number];

/** In the order of the fields of an object. */
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

const NO_RECORD = 'a task gets its first record after a minute of running';

export const command = defineCommand({
  usage: 'heartbeat [NAME...] [--format=csv|jsonl] [--header]',
  about: `Prints one record for each minute a task has run: ${COLUMNS.join(', ')}.
cpu_pct is the mean of the minute; 100 is one core. CSV has whole numbers, and NA for an unknown value (null in JSON). The
daemon keeps the records of the last days, over all attempts. Without a name it prints those of this project's live tasks.`,
  flags: {
    ...NAME_FLAG,
    format: { kind: 'text', value: 'csv|jsonl', help: 'output format (default: jsonl, one object a line)' },
    header: { kind: 'switch', help: 'csv: print the names of the columns first' },
  },
  examples: ['babysit heartbeat train', 'babysit heartbeat train --format=csv > train.csv'],
  async run(context, parsed) {
    const { flags } = parsed;
    const format = readChoice(flags.format ?? (flags.header ? 'csv' : 'jsonl'), FORMATS, '--format');
    const named = taskRefs(parsed);
    const refs = named.length > 0 ? named : await liveTasks(context);
    if (flags.header) {
      if (format !== 'csv') throw new BabysitError('usage', '--header applies only to --format=csv');
      context.output.data(csv(COLUMNS, []));
    }
    let isEmpty = true;
    for (const ref of refs) if (await print(context, ref, format)) isEmpty = false;
    if (isEmpty)
      context.output.notify({ records: 0, hint: NO_RECORD }, () => `babysit: no record yet: ${NO_RECORD}\n`);
    return EXIT.ok;
  },
});

async function liveTasks({ session }: Context): Promise<string[]> {
  const query = new URLSearchParams({
    project: currentProject(),
    status: 'running,paused',
  });
  const { tasks } = await call<{ tasks: TaskView[] }>(session, 'GET', `/v1/tasks?${query}`);
  return tasks.map(({ id }) => id);
}

/** Returns false without a record. */
async function print({ session, output }: Context, ref: Ref | string, format: Format): Promise<boolean> {
  const text = await readText(session, taskPath(ref, '/heartbeat'));
  if (format === 'jsonl') {
    output.data(text);
    return text !== '';
  }
  const records = filledLines(text).map((line) => JSON.parse(line) as HeartbeatView);
  const rows = records.map((record) => COLUMNS.map((column) => cell(record[column])));
  output.data(csvRows(rows));
  return rows.length > 0;
}

/** `2025-10-11T07:12:00Z`, `10517`, `NA` */
function cell(value: string | number | null): string {
  if (value === null) return 'NA';
  return typeof value === 'number' ? String(Math.round(value)) : value.replace(/\.\d{3}Z$/, 'Z');
}
