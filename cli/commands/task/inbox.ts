// babysit inbox: prints the events of an owner's tasks that no reader has shown yet.
import type { EventView } from '../../../src/api/schemas/events.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { parseCount } from '../../../src/units/number.ts';
import { inboxEventView, inboxScope, reportSeen, seqByTask, takeInbox } from '../../client/inbox.ts';
import { type Context, defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import { eventText, resultText } from '../../output/task-output.ts';

const LIMIT_MAX = 10_000;

export const command = defineCommand({
  usage: 'inbox [--owner NAME] [--limit N] [--peek]',
  about: `Prints ends, kill requests and warnings of your tasks, the oldest first, one JSON object a line. Each event is shown once,
by babysit inbox or by babysit wait. For an ended task only its end is shown. Prints nothing when there is no new event.`,
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
    for (const event of page.events) print(context, event);
    if (page.more > 0)
      output.notify(
        { more: page.more, hint: 'babysit inbox' },
        () => `babysit: ${page.more} more events: run babysit inbox again\n`,
      );
    if (!flags.peek) await reportSeen(session, scope, seqByTask(page));
    return EXIT.ok;
  },
});

function print({ output, full }: Context, event: EventView): void {
  const { task } = event;
  output.result(inboxEventView(event, full), () =>
    task === undefined ? eventText(event) : resultText(task, output.color),
  );
}
