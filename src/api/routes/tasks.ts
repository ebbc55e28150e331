// Routes about tasks: submit, list, show, kill, log, events.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { eventStream, type OpenStreams, sayFarewell } from '../event-stream.ts';
import { parseAfter, parseKill, parseList, parseLog, parseRun } from '../requests.ts';
import type { Service } from '../service.ts';

interface ByRef {
  Params: { ref: string };
}

export function taskRoutes(app: FastifyInstance, service: Service): void {
  const streams: OpenStreams = new Set();
  app.addHook('preClose', async () => sayFarewell(streams));
  app.post('/v1/tasks', async (request, reply) => {
    const task = await service.run(parseRun(request.body));
    return reply.code(201).send(task);
  });
  app.get('/v1/tasks', (request) => ({ tasks: service.list(parseList(request.query)) }));
  app.get<ByRef>('/v1/tasks/:ref', (request) => service.task(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/kill', async (request, reply) => {
    const task = await service.kill(request.params.ref, parseKill(request.body));
    return reply.code(202).send(task);
  });
  app.get<ByRef>('/v1/tasks/:ref/log', (request, reply) => {
    const blocks = service.log(request.params.ref, parseLog(request.query));
    return reply.type('text/plain; charset=utf-8').send(Readable.from(blocks, { objectMode: false }));
  });
  app.get<ByRef>('/v1/tasks/:ref/events', (request, reply) => {
    const stream = eventStream(service, request.params.ref, parseAfter(request.query), streams);
    return reply.type('application/x-ndjson').send(stream);
  });
}
