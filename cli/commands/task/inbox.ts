// babysit inbox: what happened to one's tasks while nobody looked.
import type { EventView } from '../../../src/api/schemas/events.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { parseCount } from '../../../src/units/number.ts';
import { newsView, reportSeen, seqs, takeInbox, whoseInbox } from '../../client/inbox.ts';
import { type Context, defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import { eventText, printResult } from '../../output/wait-output.ts';

const LIMIT_MAX = 10_000;

export const command = defineCommand({
  usage: 'inbox [--owner NAME] [--limit N] [--peek]',
  about: `Ends, kills and warnings of your tasks that nobody was told of yet, oldest first, one JSON object a line; each is shown
once, here or by babysit wait, whichever comes first. Of a task that has ended only its end. Nothing new: nothing is printed.`,
  flags: {
    owner: {
      kind: 'text',
      value: 'NAME',
      help: 'whose tasks (default: CLAUDE_CODE_SESSION_ID, else those of the project without an owner)',
    },
    limit: { kind: 'text', value: 'N', help: 'at most so many (default 50)' },
    peek: { kind: 'switch', help: 'show them, and show them again next time' },
  },
  examples: ['babysit inbox', 'babysit inbox --owner=ci --limit=500'],
  async run(context, { flags, positionals }) {
    noPositionals(positionals, 'inbox');
    const { output, session } = context;
    const scope = whoseInbox(context.env, flags.owner);
    const limit =
      flags.limit === undefined ? {} : { limit: parseCount(flags.limit, '--limit', 1, LIMIT_MAX) };
    const news = await takeInbox(session, scope, { ...limit, peek: flags.peek });
    for (const event of news.events) print(context, event);
    if (news.more > 0) output.talk(moreText(news.more, output.talkJson));
    if (!flags.peek) await reportSeen(session, scope, seqs(news));
    return EXIT.ok;
  },
});

function print({ output, full }: Context, event: EventView): void {
  if (output.json) output.data(`${JSON.stringify(newsView(event, full))}\n`);
  else if (event.task === undefined) output.data(eventText(event));
  else printResult(output, event.task, full);
}

function moreText(more: number, json: boolean): string {
  if (json) return `${JSON.stringify({ more, hint: 'babysit inbox' })}\n`;
  return `babysit: ${more} more; call it again\n`;
}
