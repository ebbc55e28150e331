// Streams the events of all tasks from a cursor on, and with `follow` those that come.
import { setImmediate } from 'node:timers/promises';
import type { RecordedEvent, RecordedHostEvent } from '../../core/events.ts';
import type { AllEventsQuery, GapReason } from '../schemas/events/all-events.ts';
import type { EventView } from '../schemas/events/events.ts';
import type { HostEventView } from '../schemas/events/host-events.ts';
import type { Service } from '../service.ts';
import { eventView } from './event-stream.ts';
import type { LineStream } from './line-stream.ts';

const HINTS: Readonly<Record<GapReason, string>> = {
  removed: 'Events of removed tasks are gone. Run babysit list --all for the present state, and continue.',
  ahead:
    'The database is older than this cursor. Run babysit list --all for the present state, and continue.',
};

export async function streamAllEvents(
  service: Pick<Service, 'allEvents' | 'viewAtEnd'>,
  query: AllEventsQuery,
  open: (closed: () => void) => LineStream,
): Promise<void> {
  const feed = service.allEvents(query);
  let wake = () => {};
  const stopListening = feed.onNew(() => wake());
  const stream = open(() => {
    stopListening();
    wake();
  });
  if (feed.gap !== null) stream.write({ event: 'gap', ...feed.gap, hint: HINTS[feed.gap.reason] });
  let at = feed.from;
  // A client without a cursor gets its first one at once: it may lose the connection before any event.
  let reported = query.since;
  while (stream.isOpen) {
    const news = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const { events, through, isLast } = feed.page(at);
    for (const event of events) stream.write(lineOf(service, event));
    at = through;
    reported = events.at(-1)?.seq ?? reported;
    // Other clients come between two pages, and a slow one takes what was sent.
    await setImmediate();
    await stream.isDrained();
    if (!isLast) continue;
    if (!query.follow) stream.end({ event: 'cursor', seq: at });
    else if (at !== reported) stream.write({ event: 'cursor', seq: at });
    reported = at;
    stream.begin();
    if (stream.isOpen) await news;
  }
}

function lineOf(
  service: Pick<Service, 'viewAtEnd'>,
  event: RecordedEvent | RecordedHostEvent,
): EventView | HostEventView {
  if ('taskId' in event) return eventView(service, event);
  const { seq, at, event: kind, ...fields } = event;
  return { event: kind, at: new Date(at).toISOString(), ...fields, seq };
}
