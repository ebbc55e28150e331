// babysit series: prints how the use of the host or of a task developed.
import type { OutsideHistoryView } from '../../../src/api/schemas/observe/outside.ts';
import type { SeriesView } from '../../../src/api/schemas/observe/series.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { readChoice } from '../../input/choice.ts';
import { NAME_FLAG, taskPath, taskRefs } from '../../input/refs.ts';
import { csv } from '../../output/table.ts';

const FORMATS = ['csv', 'jsonl', 'json'] as const;

export const command = defineCommand({
  usage: 'series [NAME | --outside] [--since=10m] [--step=1s] [--format=csv|jsonl|json]',
  about: `Prints memory, CPU and IO of a task over time, or without a name memory, CPU, stalls, disk and queue of the host.
Points are one second apart for the last 10 minutes, ten seconds for 6 hours, and a minute for 7 days; those of a task are kept
until it is removed. A value that is not known is empty in CSV and null in JSON. With --outside it prints about once a minute, for two
days, which programs outside of all tasks used most of the host.`,
  flags: {
    ...NAME_FLAG,
    since: {
      kind: 'text',
      value: '10m',
      help: 'print this last time (default: 10m of the host, all of a task)',
    },
    outside: { kind: 'switch', help: 'print the programs outside of all tasks' },
    step: { kind: 'text', value: '1s', help: 'print at most one point in this time (default: 1s)' },
    format: {
      kind: 'text',
      value: 'csv|jsonl|json',
      help: 'csv with a header, one JSON object a point, or one for all (default: csv on a terminal, else jsonl)',
    },
  },
  examples: [
    'babysit series --since=1h --step=1m',
    'babysit series train --format=csv > train.csv',
    'babysit series --outside --since=15m',
  ],
  async run({ session, output }, parsed) {
    const { flags } = parsed;
    const format = readChoice(flags.format ?? (output.json ? 'jsonl' : 'csv'), FORMATS, '--format');
    // The daemon reads them again, and would name them without the dashes.
    if (flags.since !== undefined) parseDuration(flags.since, '--since');
    if (flags.step !== undefined) parseDuration(flags.step, '--step');
    const [ref, ...more] = taskRefs(parsed);
    if (flags.outside && ref === undefined) return printOutside(session, output, format, flags.since);
    if (more.length > 0 || flags.outside)
      throw new BabysitError('usage', 'series takes one task, or --outside without one', {
        hint: 'Run babysit series NAME for each of them.',
      });
    const query = new URLSearchParams();
    if (flags.since !== undefined) query.set('since', flags.since);
    if (flags.step !== undefined) query.set('step', flags.step);
    const rest = `/series${query.size === 0 ? '' : `?${query}`}`;
    const path = ref === undefined ? `/v1${rest}` : taskPath(ref, rest);
    const view = await call<SeriesView>(session, 'GET', path);
    if (format === 'json') output.data(`${JSON.stringify(view)}\n`);
    else if (format === 'csv') output.data(csv(view.fields, view.points.map(csvRow)));
    else for (const point of view.points) output.data(`${jsonOf(view.fields, point)}\n`);
    return EXIT.ok;
  },
});

const OUTSIDE_COLUMNS = ['name', 'processes', 'mem_bytes', 'cpu_cores', 'belongs_to'] as const;

async function printOutside(
  session: Context['session'],
  output: Context['output'],
  format: (typeof FORMATS)[number],
  since: string | undefined,
): Promise<number> {
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  const view = await call<OutsideHistoryView>(session, 'GET', `/v1/outside${query}`);
  const points = view.points.map(({ at, programs }) => ({ at: new Date(at).toISOString(), programs }));
  const rows = points.flatMap(({ at, programs }) =>
    programs.map((program) => [at, ...OUTSIDE_COLUMNS.map((column) => String(program[column] ?? ''))]),
  );
  if (format === 'json') output.data(`${JSON.stringify(view)}\n`);
  else if (format === 'csv') output.data(csv(['at', ...OUTSIDE_COLUMNS], rows));
  else for (const point of points) output.data(`${JSON.stringify(point)}\n`);
  return EXIT.ok;
}

type Point = SeriesView['points'][number];

/** Times as everywhere in the output of commands. */
function timeOf([at]: Point): string {
  return new Date(at ?? 0).toISOString();
}

function csvRow(point: Point): string[] {
  return [timeOf(point), ...point.slice(1).map((value) => (value === null ? '' : String(value)))];
}

function jsonOf(fields: readonly string[], point: Point): string {
  const values = fields.map((field, index) => [field, index === 0 ? timeOf(point) : (point[index] ?? null)]);
  return JSON.stringify(Object.fromEntries(values));
}
