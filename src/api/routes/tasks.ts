// Routes about tasks: submit, list, show, change, log, events; and tickets of those who wait for room.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { tellEvents } from '../event-stream.ts';
import { LineStream, type OpenStreams, sayFarewell } from '../line-stream.ts';
import { parseAdjust, parseEvents, parseKill, parseList, parseLog, parseTicket } from '../requests.ts';
import { parseBatch, parseRun } from '../run-requests.ts';
import type { Service } from '../service.ts';
import { tellTicket } from '../ticket-stream.ts';

interface ByRef {
  Params: { ref: string };
}

export function taskRoutes(app: FastifyInstance, service: Service): void {
  const streams: OpenStreams = new Set();
  app.addHook('preClose', () => sayFarewell(streams));
  const open = (reply: FastifyReply) => (closed: () => void) => new LineStream(reply, streams, closed);
  app.post('/v1/tickets', (request, reply) => {
    tellTicket(service, parseTicket(request.body), open(reply));
  });
  app.post('/v1/tasks', async (request, reply) => {
    const task = await service.run(parseRun(request.body));
    return reply.code(201).send(task);
  });
  app.post('/v1/batch', async (request) => ({ lines: await service.batch(parseBatch(request.body)) }));
  app.get('/v1/tasks', (request) => ({ tasks: service.list(parseList(request.query)) }));
  app.get<ByRef>('/v1/tasks/:ref', (request) => service.task(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/kill', async (request, reply) => {
    const task = await service.kill(request.params.ref, parseKill(request.body));
    return reply.code(202).send(task);
  });
  app.post<ByRef>('/v1/tasks/:ref/pause', (request) => service.pause(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/resume', (request) => service.resume(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/retry', (request) => service.retry(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/adjust', (request) =>
    service.adjust(request.params.ref, parseAdjust(request.body)),
  );
  app.get<ByRef>('/v1/tasks/:ref/log', (request, reply) => {
    const blocks = service.log(request.params.ref, parseLog(request.query));
    return reply.type('text/plain; charset=utf-8').send(Readable.from(blocks, { objectMode: false }));
  });
  app.get<ByRef>('/v1/tasks/:ref/log/range', (request) =>
    service.logRange(request.params.ref, parseLog(request.query)),
  );
  app.get<ByRef>('/v1/tasks/:ref/heartbeat', async (request, reply) => {
    const records = await service.heartbeats(request.params.ref);
    reply.type('application/x-ndjson');
    return records.map((record) => `${JSON.stringify(record)}\n`).join('');
  });
  // A HEAD would wait for the end of the task.
  app.get<ByRef>('/v1/tasks/:ref/events', { exposeHeadRoute: false }, (request, reply) => {
    tellEvents(service, request.params.ref, parseEvents(request.query), open(reply));
  });
}
