// Routes about what a task leaves behind while it runs: its log and its heartbeats.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { HEARTBEAT } from '../schemas/heartbeat.ts';
import { LOG_RANGE, parseLog } from '../schemas/log.ts';
import type { Service } from '../service.ts';
import { answers, type ByRef } from './answer.ts';

export function logRoutes(app: FastifyInstance, service: Service): void {
  app.get<ByRef>('/v1/tasks/:ref/log', (request, reply) => {
    const blocks = service.log(request.params.ref, parseLog(request.query));
    return reply.type('text/plain; charset=utf-8').send(Readable.from(blocks, { objectMode: false }));
  });
  app.get<ByRef>('/v1/tasks/:ref/log/range', answers(LOG_RANGE), (request) =>
    service.logRange(request.params.ref, parseLog(request.query)),
  );
  app.get<ByRef>('/v1/tasks/:ref/heartbeat', answers(HEARTBEAT), (request, reply) => {
    const lines = jsonLines(service.heartbeats(request.params.ref));
    return reply.type('application/x-ndjson').send(Readable.from(lines, { objectMode: false }));
  });
}

async function* jsonLines(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}
