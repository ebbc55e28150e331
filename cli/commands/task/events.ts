// babysit events: prints the events of all tasks from a cursor on.
import type { HostEventView } from '../../../src/api/schemas/events/host-events.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { HOST_EVENTS } from '../../../src/core/events.ts';
import { TASK_STATUSES } from '../../../src/core/task.ts';
import { commaWords } from '../../../src/text/split.ts';
import { parseCount } from '../../../src/units/number.ts';
import { type FeedLine, followAll } from '../../client/follow-all.ts';
import { inboxEventView } from '../../client/inbox.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { readChoices } from '../../input/choice.ts';
import { findCwd, findProject } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';
import { untilReaderGone } from '../../output/reader-gone.ts';
import { eventText, hostEventText, resultText } from '../../output/task-output.ts';
import { FLAGS as LIST_FLAGS } from './list.ts';

const FLAGS = {
  since: {
    kind: 'text',
    value: 'SEQ',
    help: 'only events after this number (default: all that are stored; with --follow: new ones)',
  },
  follow: { kind: 'switch', short: 'f', help: 'also print new events, across restarts of the daemon' },
  event: { kind: 'list', value: 'NAME[,NAME]', help: 'only these events, such as ended or runaway_risk' },
  status: {
    kind: 'list',
    value: 'STATUS[,STATUS]',
    help: 'only events of tasks that have one of these statuses when the event is read',
  },
  owner: LIST_FLAGS.owner,
  project: { kind: 'text', value: 'DIR', help: 'only tasks of the project of this directory' },
  tag: LIST_FLAGS.tag,
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'events [--since SEQ] [--follow] [--event NAME] [--status STATUS] [--owner NAME] [--tag TAG] [--project DIR]',
  about: `Prints the events of all tasks in the order in which they happened, one JSON object a line unless stdout is a terminal. The
number seq of the last one is the cursor for the next call: on stderr as next_since. When events after the cursor are gone, the
first line is the event gap.`,
  flags: FLAGS,
  examples: [
    'babysit events --event=ended --status=failed,killed',
    'babysit events --since=4711 --follow --owner=ci',
  ],
  async run(context, parsed) {
    noPositionals(parsed.positionals, 'events');
    const query = readQuery(parsed.flags);
    const done = followAll(context.session, query, (line) => print(context, line));
    const next = await Promise.race([done, untilReaderGone()]);
    context.output.notify({ next_since: next }, () => `babysit: continue with --since=${next}\n`);
    return EXIT.ok;
  },
});

function readQuery(flags: Parsed<typeof FLAGS>['flags']): URLSearchParams {
  const query = new URLSearchParams();
  if (flags.since !== undefined)
    query.set('since', String(parseCount(flags.since, '--since', 0, Number.MAX_SAFE_INTEGER)));
  if (flags.follow) query.set('follow', '1');
  // The daemon knows the names.
  const names = commaWords(flags.event);
  if (names.length > 0) query.set('event', names.join(','));
  const statuses = readChoices(flags.status, TASK_STATUSES, '--status');
  if (statuses.length > 0) query.set('status', statuses.join(','));
  if (flags.owner !== undefined) query.set('owner', flags.owner);
  if (flags.project !== undefined) query.set('project', findProject(findCwd(flags.project)));
  if (flags.tag !== undefined) query.set('tag', flags.tag);
  return query;
}

function print({ output, full }: Context, line: FeedLine): void {
  if (line.event === 'gap') {
    output.result(line, () => `events are missing: ${line.hint}\n`);
    return;
  }
  if (isOfHost(line)) {
    output.result(line, () => hostEventText(line));
    return;
  }
  const { task, seq } = line;
  output.result({ ...inboxEventView(line, full), seq }, () =>
    task === undefined ? eventText(line) : resultText(task, output.color),
  );
}

function isOfHost(line: Exclude<FeedLine, { event: 'gap' }>): line is HostEventView {
  return HOST_EVENTS.includes(line.event);
}
