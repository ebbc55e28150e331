// Routes about tasks: submit, list, show, change.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CHANGES, type ChangeVerb } from '../schemas/changes.ts';
import { FORGOTTEN, LEARNED_LIST, parseForget, parseLearnedQuery } from '../schemas/estimates.ts';
import { BATCH_VIEW, parseBatch, parseRun } from '../schemas/run.ts';
import { parseSelect, SELECTED } from '../schemas/select.ts';
import { parseList, TASK, TASKS, type TaskView } from '../schemas/task.ts';
import type { Service } from '../service.ts';
import { taskListJson } from '../streams/task-list.ts';
import { answers, type ByRef } from './answer.ts';

export function taskRoutes(app: FastifyInstance, service: Service): void {
  app.post('/v1/tasks', answers(TASK), async (request, reply) => {
    const task = await service.run(parseRun(request.body));
    return reply.code(201).send(task);
  });
  app.post('/v1/batch', answers(BATCH_VIEW), (request) => service.batch(parseBatch(request.body)));
  app.get('/v1/tasks', answers(TASKS), async (request, reply) => {
    const page = await service.list(parseList(request.query));
    return sendJson(reply, taskListJson(page.tasks, { next: page.next }));
  });
  app.get('/v1/select', answers(SELECTED), async (request, reply) =>
    sendJson(reply, taskListJson(await service.select(parseSelect(request.query)))),
  );
  app.get<ByRef>('/v1/tasks/:ref', answers(TASK), (request) => service.task(request.params.ref));
  app.get('/v1/estimates', answers(LEARNED_LIST), (request) =>
    service.learned(parseLearnedQuery(request.query)),
  );
  app.post('/v1/estimates/forget', answers(FORGOTTEN), (request) => {
    const { project, command } = parseForget(request.body);
    return service.forget(project, command);
  });
  for (const verb of Object.keys(CHANGES) as ChangeVerb[]) {
    const { parse, status } = CHANGES[verb];
    app.post<ByRef>(`/v1/tasks/:ref/${verb}`, answers(TASK), async (request, reply) => {
      // TypeScript does not relate the input of a verb to the method of the same verb.
      const change = service[verb] as (ref: string, input: unknown) => Promise<TaskView>;
      return reply.code(status).send(await change(request.params.ref, parse(request.body)));
    });
  }
}

function sendJson(reply: FastifyReply, pieces: AsyncIterable<string>): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(Readable.from(pieces, { objectMode: false }));
}
