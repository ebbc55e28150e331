// babysit inbox: prints the events of an owner's tasks that no reader has shown yet.
import type { EventView } from '../../../src/api/schemas/events/events.ts';
import { counted } from '../../../src/core/counted.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { parseCount } from '../../../src/units/number.ts';
import { inboxEventView, inboxScope, reportSeen, seqByTask, takeInbox } from '../../client/inbox.ts';
import { type Context, defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import { eventText, printSummary, resultText } from '../../output/task-output.ts';

const LIMIT_MAX = 10_000;

export const command = defineCommand({
  usage: 'inbox [--owner NAME] [--limit N] [--peek]',
  about: `Prints ends, kill requests and warnings of your tasks, the oldest first, one JSON object a line. Each event is shown once,
by babysit inbox or by babysit wait. For an ended task only its end is shown, and for several completed ones of a batch or tag
one line; --full prints each. Prints nothing when there is no new event.`,
  flags: {
    owner: {
      kind: 'text',
      value: 'NAME',
      help: 'owner of the tasks (default: CLAUDE_CODE_SESSION_ID, else tasks of this project without an owner)',
    },
    limit: { kind: 'text', value: 'N', help: 'print at most N events (default: 50)' },
    peek: { kind: 'switch', help: 'keep the events in the inbox' },
  },
  examples: ['babysit inbox', 'babysit inbox --owner=ci --limit=500'],
  async run(context, { flags, positionals }) {
    noPositionals(positionals, 'inbox');
    const { output, session } = context;
    const scope = inboxScope(context.env, flags.owner);
    const limit =
      flags.limit === undefined ? {} : { limit: parseCount(flags.limit, '--limit', 1, LIMIT_MAX) };
    const page = await takeInbox(session, scope, { ...limit, peek: flags.peek });
    for (const group of groupsOf(page.events, context.full)) printGroup(context, group);
    if (page.more > 0)
      output.notify(
        { more: page.more, hint: 'babysit inbox' },
        () => `babysit: ${counted(page.more, 'more event')}: run babysit inbox again\n`,
      );
    if (!flags.peek) await reportSeen(session, scope, seqByTask(page));
    return EXIT.ok;
  },
});

/** Fewer lines than this are read one by one. */
const FOLDED_FROM = 3;

/** The completed tasks of each batch or tag together, at the place of the first; each other event alone. */
function groupsOf(events: readonly EventView[], full: boolean): EventView[][] {
  const keyOf = (event: EventView) => (full ? null : groupOf(event)) ?? event;
  const groups = Map.groupBy(events, keyOf);
  const isFolded = (event: EventView) => (groups.get(keyOf(event))?.length ?? 0) >= FOLDED_FROM;
  return [...Map.groupBy(events, (event) => (isFolded(event) ? keyOf(event) : event)).values()];
}

/** Null: its end is of its own. */
function groupOf({ task }: EventView): string | null {
  if (task?.status !== 'completed') return null;
  const [tag] = task.tags;
  return task.batch ?? tag ?? null;
}

function printGroup(context: Context, group: readonly EventView[]): void {
  const [event, ...more] = group;
  if (event === undefined) return;
  if (more.length === 0) {
    print(context, event);
    return;
  }
  const { task } = event;
  const where = task?.batch ? { batch: task.batch } : { tag: task?.tags[0] };
  const at = group.at(-1)?.at;
  printSummary(
    context.output,
    group.flatMap((one) => one.task ?? []),
    { event: 'ended', at, ...where },
  );
}

function print({ output, full }: Context, event: EventView): void {
  const { task } = event;
  output.result(inboxEventView(event, full), () =>
    task === undefined ? eventText(event) : resultText(task, output.color),
  );
}
