// A channel of Claude Code: sends the ends and warnings of the owner's tasks as messages that wake the session.
// https://code.claude.com/docs/en/channels-reference
import type { EventView } from '../../src/api/schemas/events/events.ts';
import { wakeText } from '../../src/core/wake-text.ts';
import { followAll } from '../client/follow-all.ts';
import { takeInbox } from '../client/inbox.ts';
import type { Caller } from './tool.ts';

export const CHANNEL_CAPABILITY = 'claude/channel';
const METHOD = 'notifications/claude/channel';
const EVENTS: ReadonlySet<string> = new Set(['ended', 'runaway_risk', 'stall_risk']);

export interface ChannelMessage {
  readonly method: typeof METHOD;
  readonly params: { readonly content: string; readonly meta: Readonly<Record<string, string>> };
}

/**
 * Begins with the events of the inbox. The client does not acknowledge a message, and drops it when its user has not
 * enabled the channel: so the inbox keeps the event until an answer has shown it. Ends only by an error.
 */
export async function serveChannel(
  { session, scope }: Caller,
  send: (message: ChannelMessage) => Promise<void>,
): Promise<void> {
  const { owner, project } = scope;
  const query = new URLSearchParams({ follow: '1', event: [...EVENTS].join(',') });
  if (owner === undefined) query.set('project', project);
  else query.set('owner', owner);
  let last = 0;
  const push = (event: EventView): void => {
    const { seq = 0, task } = event;
    if (seq <= last || !EVENTS.has(event.event)) return;
    // Without an owner the inbox is that of the tasks without one.
    if (owner === undefined && task?.owner) return;
    last = seq;
    void send(channelMessage(event)).catch(() => {});
  };
  const { events } = await takeInbox(session, scope, { peek: true });
  for (const event of events) push(event);
  if (last > 0) query.set('since', String(last));
  await followAll(session, query, (line) => {
    if ('id' in line && 'seq' in line) push(line as EventView);
  });
}

/** Keys of `meta` are attributes of a tag: letters, digits and underscores. */
export function channelMessage(event: EventView): ChannelMessage {
  const { event: what, id, name, task } = event;
  const end = task === undefined ? {} : task;
  return {
    method: METHOD,
    params: {
      content: wakeText({ ...end, ...event }),
      meta: { event: what, task: id, name, ...(task === undefined ? {} : { status: task.status }) },
    },
  };
}
