// Routes about what a task leaves behind while it runs: its log and its heartbeats.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { HEARTBEAT } from '../schemas/events/heartbeat.ts';
import { LOG_QUERY, LOG_RANGE, parseLog } from '../schemas/log.ts';
import type { Service } from '../service.ts';
import { sendLines } from '../streams/json-lines.ts';
import { answers, type ByRef, lines, plainText } from './answer.ts';

export function logRoutes(app: FastifyInstance, service: Service): void {
  app.get<ByRef>('/v1/tasks/:ref/log', plainText({ query: LOG_QUERY }), (request, reply) => {
    const closing = new AbortController();
    reply.raw.once('close', () => closing.abort());
    const reader = {
      closed: closing.signal,
      // Until then an error can still be the answer. Without its head a client takes a quiet task for a lost daemon.
      onWait: () => {
        if (!reply.raw.headersSent) reply.raw.flushHeaders();
      },
    };
    const blocks = service.log(request.params.ref, parseLog(request.query), reader);
    return reply.type('text/plain; charset=utf-8').send(Readable.from(blocks, { objectMode: false }));
  });
  app.get<ByRef>('/v1/tasks/:ref/log/range', answers(LOG_RANGE, { query: LOG_QUERY }), (request) =>
    service.logRange(request.params.ref, parseLog(request.query)),
  );
  app.get<ByRef>('/v1/tasks/:ref/heartbeat', lines(HEARTBEAT), (request, reply) => {
    return sendLines(reply, service.heartbeats(request.params.ref));
  });
}
