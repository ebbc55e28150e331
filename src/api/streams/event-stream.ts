// A task's events: what is recorded after a sequence number, then what happens, until the end of the task.
import { type RecordedEvent, WAIT_EVENTS } from '../../core/events.ts';
import type { TaskId } from '../../core/task.ts';
import type { EventsQuery, EventView } from '../schemas/events.ts';
import type { Service } from '../service.ts';
import type { LineStream } from './line-stream.ts';
import { tellProgress } from './progress-lines.ts';

/** Throws what the service throws for the reference. */
export function tellEvents(
  service: Service,
  ref: string,
  { after, progress }: EventsQuery,
  open: (closed: () => void) => LineStream,
): void {
  const subscription = service.events(ref, after);
  let stopProgress = () => {};
  const stream = open(() => {
    stopProgress();
    subscription.stop();
  });
  const tell = (event: RecordedEvent) => {
    if (event.event === 'ended') stream.end(eventView(service, event));
    else if (WAIT_EVENTS.has(event.event)) stream.tell(eventView(service, event));
  };
  try {
    for (const event of subscription.backlog) tell(event);
    subscription.start(tell);
    if (progress && stream.isOpen)
      stopProgress = tellProgress(service, service.task(ref).id as TaskId, (told) => stream.tell(told));
  } catch (error) {
    stream.abort();
    throw error;
  }
}

/** The end of a task carries the task. */
export function eventView(service: Pick<Service, 'view'>, event: RecordedEvent): EventView {
  const { seq, at, taskId, name, event: kind, ...fields } = event;
  const view = { event: kind, name, id: taskId, at: new Date(at).toISOString(), ...fields, seq };
  return kind === 'ended' ? { ...view, task: service.view(taskId) } : view;
}
