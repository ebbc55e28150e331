// A task's events as NDJSON: what is recorded after a sequence number, then what happens, until the end of the task.
import { Readable } from 'node:stream';
import { type RecordedEvent, WAIT_EVENTS } from '../core/events.ts';
import type { TaskId } from '../core/task.ts';
import { tellProgress } from './progress-lines.ts';
import type { Service } from './service.ts';
import type { EventView } from './shapes.ts';

/** Keeps a half-dead connection from looking alive for ever. */
export const KEEP_ALIVE_MS = 15_000;
/** A reader this far behind is dropped; it reconnects and resumes after the last event it has seen. */
const MAX_BUFFERED_BYTES = 4 * 1024 ** 2;

/** Open streams; ended with a word of farewell when the daemon stops, so that the reader does not start another. */
export type OpenStreams = Set<Readable>;

export function sayFarewell(streams: OpenStreams): void {
  for (const stream of streams) {
    stream.push(`${JSON.stringify({ event: 'daemon_stopping' })}\n`);
    stream.push(null);
  }
}

export interface EventsQuery {
  /** The last event the reader has seen. */
  readonly after: number;
  /** Tell progress between the events, too. */
  readonly progress: boolean;
}

export function eventStream(
  service: Service,
  ref: string,
  { after, progress }: EventsQuery,
  open: OpenStreams,
): Readable {
  const subscription = service.events(ref, after);
  const stream = new Readable({ read() {} });
  open.add(stream);
  const keepAlive = setInterval(() => stream.push('\n'), KEEP_ALIVE_MS);
  let stopProgress = () => {};
  const finish = () => {
    clearInterval(keepAlive);
    stopProgress();
    open.delete(stream);
    subscription.stop();
  };
  stream.once('close', finish);
  const tell = (event: RecordedEvent) => {
    if (event.event === 'ended') {
      stream.push(line(eventView(service, event)));
      stream.push(null);
      finish();
      return;
    }
    if (WAIT_EVENTS.has(event.event)) stream.push(line(eventView(service, event)));
    if (stream.readableLength > MAX_BUFFERED_BYTES) stream.destroy();
  };
  for (const event of subscription.backlog) tell(event);
  subscription.start(tell);
  if (progress && open.has(stream))
    stopProgress = tellProgress(service, service.task(ref).id as TaskId, (told) =>
      stream.push(`${JSON.stringify(told)}\n`),
    );
  return stream;
}

/** The end of a task carries the task. */
export function eventView(service: Pick<Service, 'view'>, event: RecordedEvent): EventView {
  const { seq, at, taskId, name, event: kind, ...fields } = event;
  const view = { event: kind, name, id: taskId, at: new Date(at).toISOString(), ...fields, seq };
  return kind === 'ended' ? { ...view, task: service.view(taskId) } : view;
}

function line(value: EventView): string {
  return `${JSON.stringify(value)}\n`;
}
