// A task's events as NDJSON: what is recorded after a sequence number, then what happens, until the end of the task.
import { Readable } from 'node:stream';
import { type RecordedEvent, WAIT_EVENTS } from '../core/events.ts';
import type { Service } from './service.ts';
import type { EventView } from './shapes.ts';

/** Keeps a half-dead connection from looking alive for ever. */
const KEEP_ALIVE_MS = 15_000;
/** A reader this far behind is dropped; it reconnects and resumes after the last event it has seen. */
const MAX_BUFFERED_BYTES = 4 * 1024 ** 2;

export function eventStream(service: Service, ref: string, after: number): Readable {
  const subscription = service.events(ref, after);
  const stream = new Readable({ read() {} });
  const keepAlive = setInterval(() => stream.push('\n'), KEEP_ALIVE_MS);
  const finish = () => {
    clearInterval(keepAlive);
    subscription.stop();
  };
  stream.once('close', finish);
  const tell = (event: RecordedEvent) => {
    if (event.event === 'ended') {
      stream.push(line({ ...view(event), task: service.view(event.taskId) }));
      stream.push(null);
      finish();
      return;
    }
    if (WAIT_EVENTS.has(event.event)) stream.push(line(view(event)));
    if (stream.readableLength > MAX_BUFFERED_BYTES) stream.destroy();
  };
  for (const event of subscription.backlog) tell(event);
  subscription.start(tell);
  return stream;
}

function view(event: RecordedEvent): EventView {
  const { seq, at, taskId, name, event: kind, ...fields } = event;
  return { event: kind, name, id: taskId, at: new Date(at).toISOString(), ...fields, seq };
}

function line(value: EventView): string {
  return `${JSON.stringify(value)}\n`;
}
