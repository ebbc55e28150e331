// Routes that answer a line at a time until something ends: events of a task, and tickets that wait for room.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { LEASE, parseTicket, TICKET, WAITING } from '../schemas/capacity.ts';
import { ALL_EVENTS_QUERY, CURSOR_LINE, GAP_LINE, parseAllEvents } from '../schemas/events/all-events.ts';
import {
  EVENT,
  EVENTS_QUERY,
  LISTENING_LINE,
  PROGRESS_LINE,
  parseEvents,
  STOPPING,
  WAITING_LINE,
} from '../schemas/events/events.ts';
import { HOST_EVENT } from '../schemas/events/host-events.ts';
import { FRAME } from '../schemas/observe/live.ts';
import type { Service } from '../service.ts';
import { streamAllEvents } from '../streams/all-events.ts';
import { streamEvents } from '../streams/event-stream.ts';
import { announceStop, LineStream, type OpenStreams } from '../streams/line-stream.ts';
import { streamLive } from '../streams/live-stream.ts';
import { streamTicket } from '../streams/ticket-stream.ts';
import { type ByRef, lines } from './answer.ts';

export function streamRoutes(
  app: FastifyInstance,
  service: Service,
  onInternalError: (error: unknown) => void,
): void {
  const streams: OpenStreams = new Set();
  app.addHook('preClose', () => announceStop(streams));
  const open = (reply: FastifyReply) => (closed: () => void) => new LineStream(reply, streams, closed);
  app.post('/v1/tickets', lines(WAITING.or(LEASE).or(STOPPING), { body: TICKET }), (request, reply) => {
    streamTicket(service, parseTicket(request.body), open(reply));
  });
  app.get(
    '/v1/events',
    {
      exposeHeadRoute: false,
      ...lines(STOPPING.or(GAP_LINE).or(CURSOR_LINE).or(HOST_EVENT).or(EVENT), { query: ALL_EVENTS_QUERY }),
    },
    (request, reply) => {
      const query = parseAllEvents(request.query);
      void streamAllEvents(service, query, open(reply)).catch((error: unknown) => {
        onInternalError(error);
        reply.raw.destroy();
      });
    },
  );
  app.get('/v1/live', { exposeHeadRoute: false, ...lines(STOPPING.or(FRAME)) }, (_request, reply) => {
    streamLive(service, open(reply));
  });
  // A HEAD would wait for the end of the task.
  app.get<ByRef>(
    '/v1/tasks/:ref/events',
    {
      exposeHeadRoute: false,
      ...lines(STOPPING.or(PROGRESS_LINE).or(WAITING_LINE).or(LISTENING_LINE).or(EVENT), {
        query: EVENTS_QUERY,
      }),
    },
    (request, reply) => {
      streamEvents(service, request.params.ref, parseEvents(request.query), open(reply));
    },
  );
}
