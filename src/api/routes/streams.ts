// Routes that answer a line at a time until something ends: events of a task, and tickets that wait for room.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CURSOR_LINE, GAP_LINE, parseAllEvents } from '../schemas/all-events.ts';
import { LEASE, parseTicket, WAITING } from '../schemas/capacity.ts';
import {
  EVENT,
  LISTENING_LINE,
  PROGRESS_LINE,
  parseEvents,
  STOPPING,
  WAITING_LINE,
} from '../schemas/events.ts';
import { HOST_EVENT } from '../schemas/host-events.ts';
import { FRAME } from '../schemas/observe/live.ts';
import type { Service } from '../service.ts';
import { streamAllEvents } from '../streams/all-events.ts';
import { streamEvents } from '../streams/event-stream.ts';
import { announceStop, LineStream, type OpenStreams } from '../streams/line-stream.ts';
import { streamLive } from '../streams/live-stream.ts';
import { streamTicket } from '../streams/ticket-stream.ts';
import { answers, type ByRef } from './answer.ts';

export function streamRoutes(app: FastifyInstance, service: Service): void {
  const streams: OpenStreams = new Set();
  app.addHook('preClose', () => announceStop(streams));
  const open = (reply: FastifyReply) => (closed: () => void) => new LineStream(reply, streams, closed);
  app.post('/v1/tickets', answers(WAITING.or(LEASE).or(STOPPING)), (request, reply) => {
    streamTicket(service, parseTicket(request.body), open(reply));
  });
  app.get(
    '/v1/events',
    { exposeHeadRoute: false, ...answers(STOPPING.or(GAP_LINE).or(CURSOR_LINE).or(HOST_EVENT).or(EVENT)) },
    (request, reply) => {
      const query = parseAllEvents(request.query);
      void streamAllEvents(service, query, open(reply)).catch((error: unknown) => {
        request.log.error(error);
        reply.raw.destroy();
      });
    },
  );
  app.get('/v1/live', { exposeHeadRoute: false, ...answers(STOPPING.or(FRAME)) }, (_request, reply) => {
    streamLive(service, open(reply));
  });
  // A HEAD would wait for the end of the task.
  app.get<ByRef>(
    '/v1/tasks/:ref/events',
    {
      exposeHeadRoute: false,
      ...answers(STOPPING.or(PROGRESS_LINE).or(WAITING_LINE).or(LISTENING_LINE).or(EVENT)),
    },
    (request, reply) => {
      streamEvents(service, request.params.ref, parseEvents(request.query), open(reply));
    },
  );
}
