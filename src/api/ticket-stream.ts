// A ticket's life as NDJSON: where it stands, at last the lease it was granted. Who hangs up gives up its place.
import { Readable } from 'node:stream';
import { BabysitError } from '../core/errors.ts';
import { KEEP_ALIVE_MS, type OpenStreams } from './event-stream.ts';
import type { Service, TicketRequest } from './service.ts';

/** Throws BabysitError infeasible. */
export function ticketStream(service: Service, request: TicketRequest, open: OpenStreams): Readable {
  const stream = new Readable({ read() {} });
  const tell = (value: object) => stream.push(`${JSON.stringify(value)}\n`);
  const end = () => {
    clearInterval(keepAlive);
    open.delete(stream);
    stream.push(null);
  };
  const keepAlive = setInterval(() => stream.push('\n'), KEEP_ALIVE_MS);
  let leave = () => {};
  try {
    leave = service.awaitCapacity(request, {
      waiting: tell,
      granted(view) {
        tell(view);
        end();
      },
      failed(error) {
        if (error instanceof BabysitError && error.code === 'daemon_stopping')
          tell({ event: 'daemon_stopping' });
        end();
      },
    });
  } catch (error) {
    clearInterval(keepAlive);
    throw error;
  }
  open.add(stream);
  stream.once('close', () => {
    clearInterval(keepAlive);
    open.delete(stream);
    leave();
  });
  return stream;
}
