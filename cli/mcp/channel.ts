// A channel of Claude Code: sends the ends and warnings of the owner's tasks as messages that wake the session.
// https://code.claude.com/docs/en/channels-reference
import type { EventView } from '../../src/api/schemas/events/events.ts';
import { wakeText } from '../../src/core/answers/wake-text.ts';
import { followAll } from '../client/follow-all.ts';
import { reportSent, takeInbox } from '../client/inbox.ts';
import type { Caller } from './tool.ts';

export const CHANNEL_CAPABILITY = 'claude/channel';
const METHOD = 'notifications/claude/channel';
/** In the `deliveries` of `status`. */
const TARGET = 'channel of Claude Code';
const EVENTS: ReadonlySet<string> = new Set(['ended', 'runaway_risk', 'stall_risk']);

interface ChannelMessage {
  readonly method: typeof METHOD;
  readonly params: { readonly content: string; readonly meta: Readonly<Record<string, string>> };
}

/** Events that an answer of a tool shows are not sent again. */
export class Channel {
  readonly #covered = new Map<string, number>();
  readonly #shown = new Map<string, number>();

  /** `id` of a task whose events the answer of a running call will show. */
  cover(id: string): void {
    this.#covered.set(id, (this.#covered.get(id) ?? 0) + 1);
  }

  /** After the call. */
  uncover(id: string): void {
    const calls = (this.#covered.get(id) ?? 0) - 1;
    if (calls > 0) this.#covered.set(id, calls);
    else this.#covered.delete(id);
  }

  /** An answer has shown the events of a task up to `seq`. */
  showed(id: string, seq: number): void {
    this.#shown.set(id, Math.max(seq, this.#shown.get(id) ?? 0));
  }

  needs({ id, seq = 0 }: EventView): boolean {
    return !this.#covered.has(id) && seq > (this.#shown.get(id) ?? 0);
  }
}

/**
 * Begins with the events of the inbox. The client does not acknowledge a message, and drops it when its user has not
 * enabled the channel: so the inbox keeps the event until an answer has shown it. Ends only by an error.
 */
export async function serveChannel(
  { session, scope }: Caller,
  channel: Channel,
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
    if (!channel.needs(event)) return;
    const report = (error?: Error): Promise<void> =>
      reportSent(session, { id: event.id, seq, target: TARGET, ...(error ? { error: error.message } : {}) });
    void send(channelMessage(event)).then(() => report(), report);
  };
  const { events } = await takeInbox(session, scope, { peek: true });
  for (const event of events) push(event);
  if (last > 0) query.set('since', String(last));
  await followAll(session, query, (line) => {
    if ('id' in line && 'seq' in line) push(line as EventView);
  });
}

/** Keys of `meta` are attributes of a tag: letters, digits and underscores. */
function channelMessage(event: EventView): ChannelMessage {
  const { event: what, id, name, task } = event;
  return {
    method: METHOD,
    params: {
      content: wakeText({ ...task, ...event }),
      meta: { event: what, task: id, name, ...(task === undefined ? {} : { status: task.status }) },
    },
  };
}
