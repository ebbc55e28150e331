// Routes about tasks: submit, list, show, change.
import type { FastifyInstance } from 'fastify';
import { parseAdjust } from '../schemas/adjust.ts';
import { BATCH_VIEW, parseBatch, parseRun } from '../schemas/run.ts';
import { parseKill, parseList, TASK, TASKS } from '../schemas/task.ts';
import type { Service } from '../service.ts';
import { answers, type ByRef } from './answer.ts';

export function taskRoutes(app: FastifyInstance, service: Service): void {
  app.post('/v1/tasks', answers(TASK), async (request, reply) => {
    const task = await service.run(parseRun(request.body));
    return reply.code(201).send(task);
  });
  app.post('/v1/batch', answers(BATCH_VIEW), async (request) => ({
    lines: await service.batch(parseBatch(request.body)),
  }));
  app.get('/v1/tasks', answers(TASKS), (request) => ({ tasks: service.list(parseList(request.query)) }));
  app.get<ByRef>('/v1/tasks/:ref', answers(TASK), (request) => service.task(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/kill', answers(TASK), async (request, reply) => {
    const task = await service.kill(request.params.ref, parseKill(request.body));
    return reply.code(202).send(task);
  });
  app.post<ByRef>('/v1/tasks/:ref/pause', answers(TASK), (request) => service.pause(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/resume', answers(TASK), (request) => service.resume(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/retry', answers(TASK), (request) => service.retry(request.params.ref));
  app.post<ByRef>('/v1/tasks/:ref/adjust', answers(TASK), (request) =>
    service.adjust(request.params.ref, parseAdjust(request.body)),
  );
}
