// babysit history: what tasks took, waited for and lost, over days.
import type { HistoryView } from '../../../src/api/schemas/observe/history-summary.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { readChoice } from '../../input/choice.ts';
import { absolutePath, findCwd, findProject } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';
import { whileBusy } from '../../output/busy.ts';
import { historyHtml } from '../../output/history/html.ts';
import { historyText } from '../../output/history/text.ts';
import { openReplaced } from '../../output/replaced-file.ts';
import { roomOf } from '../../output/screen.ts';
import { FLAGS as LIST_FLAGS } from '../task/list.ts';

const BY = ['command', 'owner', 'project'] as const;

const FLAGS = {
  since: { kind: 'text', value: 'DURATION', help: 'look at tasks that ended within this time (default: 7d)' },
  by: {
    kind: 'text',
    value: BY.join('|'),
    help: 'group the tasks by this (default: command, its program and verb)',
  },
  project: { kind: 'text', value: 'DIR', help: 'only tasks of the project of this directory' },
  owner: LIST_FLAGS.owner,
  limit: { kind: 'text', value: 'N', help: 'at most the N groups that ran longest (default: 20)' },
  html: { kind: 'text', value: 'FILE', help: 'also write a page with charts: one file without scripts' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'history [--since=7d] [--by=command|owner|project] [--project=DIR] [--owner=NAME] [--limit=N] [--html=FILE]',
  about: `Prints how many tasks ended how, what they waited, what was lost to kills, which room stayed unused, and how estimates fit:
estimate / use of completed tasks, half of them below the p50 and nine of ten below the p90. 2 means twice as much as needed.
The tasks of all projects count. What babysit clean has removed is not counted.`,
  flags: FLAGS,
  examples: ['babysit history', 'babysit history --since=30d --by=owner --html=history.html'],
  async run(context, parsed) {
    noPositionals(parsed.positionals, 'history');
    const query = readQuery(parsed.flags);
    const view = await whileBusy(context, 'history', () =>
      call<HistoryView>(context.session, 'GET', `/v1/history/summary?${query}`),
    );
    if (parsed.flags.html !== undefined) write(absolutePath(parsed.flags.html), historyHtml(view));
    print(context, view);
    return EXIT.ok;
  },
});

function readQuery(flags: Parsed<typeof FLAGS>['flags']): URLSearchParams {
  const { since, by, project, owner, limit } = flags;
  if (since !== undefined) parseDuration(since, '--since');
  if (limit !== undefined) parseCount(limit, '--limit', 1, 1000);
  return new URLSearchParams({
    ...(since === undefined ? {} : { since }),
    ...(by === undefined ? {} : { by: readChoice(by, BY, '--by') }),
    ...(project === undefined ? {} : { project: findProject(findCwd(project)) }),
    ...(owner === undefined ? {} : { owner }),
    ...(limit === undefined ? {} : { limit }),
  });
}

function write(path: string, text: string): void {
  try {
    openReplaced(path).commit(text);
  } catch (error) {
    throw new BabysitError('usage', `--html: cannot write ${path}: ${(error as Error).message}`, {
      flag: '--html',
      hint: 'Give a file in a directory that exists, that you may write to, and that has room.',
    });
  }
}

/** The spans are for charts: JSON has them with --full. */
function print({ output, full, env }: Context, view: HistoryView): void {
  const { spans: _, span_ms: __, ...short } = view;
  output.result(full ? view : short, () => historyText(view, output.color, env, roomOf(output)));
}
