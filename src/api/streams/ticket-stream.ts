// Streams the state of a ticket, then its lease. A client that disconnects gives up its place in the queue.
import { BabysitError } from '../../core/errors.ts';
import type { TicketRequest } from '../schemas/capacity.ts';
import type { Service } from '../service.ts';
import type { LineStream } from './line-stream.ts';

/** Throws BabysitError infeasible. */
export function streamTicket(
  service: Service,
  request: TicketRequest,
  open: (closed: () => void) => LineStream,
): void {
  let leave = () => {};
  const stream = open(() => leave());
  leave = service.awaitCapacity(request, {
    waiting: (view) => stream.write(view),
    granted: (view) => stream.end(view),
    failed(error) {
      const isStopping = error instanceof BabysitError && error.code === 'daemon_stopping';
      stream.end(isStopping ? { event: 'daemon_stopping' } : undefined);
    },
  });
}
