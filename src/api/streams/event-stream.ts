// Streams the events of a task after a sequence number until the task ends.
import { type RecordedEvent, WAIT_EVENTS } from '../../core/events.ts';
import type { EventsQuery, EventView } from '../schemas/events/events.ts';
import type { Service } from '../service.ts';
import type { LineStream } from './line-stream.ts';
import { streamPort } from './port-lines.ts';
import { streamProgress } from './progress-lines.ts';
import { streamWaiting } from './waiting-lines.ts';

/** Throws BabysitError not_found or ambiguous for the reference. */
export function streamEvents(
  service: Service,
  ref: string,
  { after, progress, waiting, port }: EventsQuery,
  open: (closed: () => void) => LineStream,
): void {
  const subscription = service.events(ref, after);
  let stopProgress = () => {};
  let stopWaiting = () => {};
  let stopPort = () => {};
  const stream = open(() => {
    stopProgress();
    stopWaiting();
    stopPort();
    subscription.stop();
  });
  const send = (event: RecordedEvent) => {
    if (event.event === 'ended') stream.end(eventView(service, event));
    else if (WAIT_EVENTS.has(event.event)) stream.write(eventView(service, event));
  };
  try {
    for (const event of subscription.backlog) send(event);
    subscription.start(send);
    if (!stream.isOpen) return;
    const id = service.resolve(ref, null);
    const write = (line: Readonly<Record<string, unknown>>) => stream.write(line);
    if (waiting) stopWaiting = streamWaiting(service, id, write);
    if (port !== null) stopPort = streamPort(service, id, port, write);
    if (progress) stopProgress = streamProgress(service, id, write);
    stream.begin();
  } catch (error) {
    stream.abort();
    throw error;
  }
}

/** The event `ended` contains the task as it was then. */
export function eventView(service: Pick<Service, 'viewAtEnd'>, event: RecordedEvent): EventView {
  const { seq, at, taskId, name, event: kind, ...fields } = event;
  const view = { event: kind, name, id: taskId, at: new Date(at).toISOString(), ...fields, seq };
  return event.event === 'ended' ? { ...view, task: service.viewAtEnd(event) } : view;
}
