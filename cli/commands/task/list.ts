// babysit list: lists the tasks of a project.
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { TASK_STATUSES } from '../../../src/core/task.ts';
import { commaWords } from '../../../src/text/split.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { listFolded, listTasks } from '../../client/list-tasks.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { readChoice, readChoices } from '../../input/choice.ts';
import { currentProject } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';
import { foldText, foldView, type Row } from '../../output/fold.ts';
import { humanValue, outcome, paintStatus, rowOutcome } from '../../output/human.ts';
import { roomOf } from '../../output/screen.ts';
import { alignedTable, csv } from '../../output/table.ts';
import { rowView } from '../../output/task-output.ts';
import { treeOf } from '../../output/tree.ts';
import { watchRows } from '../../watch-rows.ts';

export const FLAGS = {
  all: { kind: 'switch', help: 'list the tasks of every project, whenever they ended' },
  all_projects: { kind: 'switch', help: 'list the tasks of every project' },
  since: { kind: 'text', value: 'DURATION', help: 'show tasks that ended within this time (default: 24h)' },
  status: { kind: 'list', value: 'STATUS[,STATUS]', help: `only these: ${TASK_STATUSES.join(', ')}` },
  owner: { kind: 'text', value: 'NAME', help: 'only tasks of this owner or agent session' },
  tag: { kind: 'text', value: 'TAG', help: 'only tasks with this tag, or of this batch' },
  tree: { kind: 'switch', help: 'print each task below the one inside which it was submitted' },
  format: {
    kind: 'text',
    value: 'json|table|csv',
    help: 'output format (default: table on a terminal, else one JSON object a line)',
  },
  columns: { kind: 'list', value: 'A,B', help: 'print these fields in this order' },
  limit: { kind: 'text', value: 'N', help: 'print at most the N newest rows (default: 1000)' },
  before: { kind: 'text', value: 'ID', help: 'only tasks that are older than this one: the next page' },
  watch: {
    kind: 'switch',
    short: 'w',
    help: 'redraw at each change, until Ctrl-C; as JSON print each row again that changed',
  },
} as const satisfies FlagSpecs;

const DEFAULT_COLUMNS = [
  'name',
  'id',
  'status',
  'elapsed_ms',
  'mem_bytes',
  'cpu_cores',
  'progress',
  'outcome',
];
/** Left out of a table that is redrawn on a narrow terminal, the first one first: name, status and outcome stay. */
const OMITTED = ['id', 'cpu', 'mem', 'owner', 'elapsed', 'progress'];
/** Shortened where the table is wider than the terminal. */
const NAMES = ['name', 'owner', 'tags', 'batch', 'parent', 'command'];
const FORMATS = ['json', 'table', 'csv'] as const;
/** Of one answer, so that it ends. */
const DEFAULT_ROWS = 1000;
const MAX_ROWS = 1_000_000;
type Format = (typeof FORMATS)[number];

export const command = defineCommand({
  usage: 'list [--all] [--all_projects] [--status=running,pending] [--since=2h] [flags]',
  about: `Prints live tasks of this project and tasks that ended in the last 24 hours, the newest last.
--all prints the tasks of all projects and all ages. --watch shows changes as the daemon reports them.`,
  flags: FLAGS,
  examples: [
    'babysit list',
    'babysit list --all_projects --status=failed,killed --columns=name,kill_reason,ended_at --format=csv',
  ],
  run: list,
});

async function list(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const { flags, positionals } = parsed;
  noPositionals(positionals, 'list');
  const format = readFormat(flags.format, context.output.json);
  const query = readQuery(flags);
  const columns = splitWords(flags.columns);
  const limit = flags.limit === undefined ? DEFAULT_ROWS : parseCount(flags.limit, '--limit', 1, MAX_ROWS);
  // Columns, every field or CSV: the caller asks for each task.
  const isFolded = columns.length === 0 && !context.full && format !== 'csv' && !flags.tree;
  const read = async () => {
    const listed = await (isFolded ? listFolded : listTasks)(context.session, query, limit);
    const rows = flags.tree ? treeOf(listed.rows as readonly TaskView[], format === 'table') : listed.rows;
    const [sample] = rows;
    if (sample !== undefined && !('count' in sample)) checkColumns(columns, sample);
    return { rows, next: listed.next };
  };
  const look = { columns, format, withProjects: isOverProjects(flags), isRedrawn: flags.watch };
  const text = (rows: readonly Row[]) => render(rows, look, context);
  if (flags.watch) return watchRows(context, async () => (await read()).rows, text);
  const { rows, next } = await read();
  context.output.data(text(rows));
  if (rows.length === 0 && !context.output.jsonMessages) context.output.message('no tasks\n');
  if (next !== null)
    context.output.notify(
      { next, hint: `Add --before=${next} to list older tasks, or --limit=N.` },
      () => `babysit: older tasks left out; add --before=${next} to list them, or --limit=N\n`,
    );
  return EXIT.ok;
}

interface Look {
  readonly columns: readonly string[];
  readonly format: Format;
  readonly withProjects: boolean;
  readonly isRedrawn: boolean;
}

function render(
  all: readonly Row[],
  { columns, format, withProjects, isRedrawn }: Look,
  { full, output }: Context,
): string {
  if (format === 'json') {
    const view = (row: Row): object => {
      if ('count' in row) return foldView(row);
      return columns.length > 0 ? byColumns(row, columns) : rowView(row, full, withProjects);
    };
    return all.map((row) => `${JSON.stringify(view(row))}\n`).join('');
  }
  const tasks = all.filter((row): row is TaskView => !('count' in row));
  const folds = all.filter((row) => 'count' in row);
  const header =
    columns.length > 0
      ? columns
      : full && tasks[0]
        ? Object.keys(tasks[0])
        : withProjects
          ? [...DEFAULT_COLUMNS.slice(0, -1), 'owner', 'outcome']
          : DEFAULT_COLUMNS;
  if (format === 'csv')
    return csv(
      header,
      tasks.map((task) =>
        header.map((key) => (output.terminal ? escapeField : String)(plainCell(task, key, columns))),
      ),
    );
  if (all.length === 0 && output.terminal) return '';
  const idLength = shortIdLength(tasks.map(({ id }) => id));
  const table = alignedTable(
    header.map((key) => key.replace(/_(ms|bytes|cores)$/, '')),
    tasks.map((task) =>
      header.map((key) => {
        if (key === 'id' && columns.length === 0 && !full) return task.id.slice(0, idLength);
        return key === 'outcome' ? rowOutcome(task) : humanValue(key, shownField(task, key, columns));
      }),
    ),
    {
      paintCell: (cell, row, column) =>
        header[column] === 'status' && tasks[row] ? paintStatus(tasks[row].status, output.color) : cell,
      color: output.color,
      room: roomOf(output),
      shortened: NAMES,
      omitted: isRedrawn && columns.length === 0 && !full ? OMITTED : [],
    },
  );
  return table + folds.map(foldText).join('');
}

function isOverProjects({ all, all_projects }: Parsed<typeof FLAGS>['flags']): boolean {
  return all || all_projects;
}

function readQuery(flags: Parsed<typeof FLAGS>['flags']): URLSearchParams {
  const query = new URLSearchParams();
  if (!isOverProjects(flags)) query.set('project', currentProject());
  if (flags.owner !== undefined) query.set('owner', flags.owner);
  if (flags.tag !== undefined) query.set('tag', flags.tag);
  if (flags.all) query.set('all', '1');
  if (flags.before !== undefined) query.set('before', flags.before);
  if (flags.since !== undefined) query.set('since_ms', String(parseDuration(flags.since, '--since')));
  const statuses = readChoices(flags.status, TASK_STATUSES, '--status');
  if (statuses.length > 0) query.set('status', statuses.join(','));
  return query;
}

/** The first ten letters are the time in ms. */
const SHORT_ID = 10;

/** How many letters tell the ids apart: a reference may be the beginning of an id. */
function shortIdLength(ids: readonly string[]): number {
  let length = SHORT_ID;
  while (new Set(ids.map((id) => id.slice(0, length))).size < ids.length) length += 1;
  return length;
}

function readFormat(text: string | undefined, json: boolean): Format {
  return text === undefined ? (json ? 'json' : 'table') : readChoice(text, FORMATS, '--format');
}

/** Checks against the fields that the daemon sent. Without a task any name passes. */
function checkColumns(columns: readonly string[], sample: TaskView): void {
  for (const column of columns) readChoice(column, [...Object.keys(sample), 'outcome'], '--columns');
}

function byColumns(task: TaskView, columns: readonly string[]): object {
  return Object.fromEntries(
    columns.map((key) => [key, key === 'outcome' ? outcome(task) : fieldOf(task, key)]),
  );
}

function plainCell(task: TaskView, key: string, columns: readonly string[]): string {
  if (key === 'outcome') return outcome(task);
  const value = shownField(task, key, columns);
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Without columns that the caller chose, a task without an owner belongs to its project, as in JSON. */
function shownField(task: TaskView, key: string, columns: readonly string[]): unknown {
  return key === 'owner' && columns.length === 0 ? (task.owner ?? task.project) : fieldOf(task, key);
}

function fieldOf(task: TaskView, key: string): unknown {
  return task[key as keyof TaskView];
}

function splitWords(texts: readonly string[]): string[] {
  return commaWords(texts).map((word) => word.replaceAll('-', '_'));
}
