// Routes about tasks: submit, list, show, change.
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { callerOf } from '../caller.ts';
import { TEST_RUN } from '../schemas/capacity.ts';
import { CHANGES, type ChangeVerb } from '../schemas/changes.ts';
import {
  FORGOTTEN,
  LEARNED_LIST,
  LEARNED_QUERY,
  parseForget,
  parseLearnedQuery,
} from '../schemas/estimates.ts';
import { BATCH, BATCH_VIEW, parseBatch, parseRun, RUN } from '../schemas/run.ts';
import { parseSelect, SELECT, SELECTED } from '../schemas/select.ts';
import { LIST, parseList, TASK, TASKS, type TaskView } from '../schemas/task.ts';
import type { Service } from '../service.ts';
import { taskListJson } from '../streams/task-list.ts';
import { answers, type ByRef } from './answer.ts';

const RUN_ANSWER = z.union([TASK, TEST_RUN]);

export function taskRoutes(app: FastifyInstance, service: Service): void {
  app.post('/v1/tasks', answers(RUN_ANSWER, { body: RUN, status: 201 }), async (request, reply) => {
    const run = parseRun(request.body);
    if (run.testOnly) return reply.code(200).send(await service.testRun(run));
    return reply.code(201).send(await service.run(run));
  });
  app.post('/v1/batch', answers(BATCH_VIEW, { body: BATCH }), async (request) => {
    const parsing = parseBatch(request.body);
    let part = parsing.next();
    for (; !part.done; part = parsing.next()) await setImmediate();
    return service.batch(part.value);
  });
  app.get('/v1/tasks', answers(TASKS, { query: LIST }), async (request, reply) => {
    const page = await service.list(parseList(request.query));
    return sendJson(reply, taskListJson(page.tasks, { next: page.next }));
  });
  app.get('/v1/select', answers(SELECTED, { query: SELECT }), async (request, reply) =>
    sendJson(reply, taskListJson(await service.select(parseSelect(request.query)))),
  );
  app.get<ByRef>('/v1/tasks/:ref', answers(TASK), (request) => service.task(request.params.ref));
  app.get('/v1/estimates', answers(LEARNED_LIST, { query: LEARNED_QUERY }), (request) =>
    service.learned(parseLearnedQuery(request.query)),
  );
  app.post('/v1/estimates/forget', answers(FORGOTTEN, { body: LEARNED_QUERY }), (request) => {
    const { project, command } = parseForget(request.body);
    return service.forget(project, command);
  });
  for (const verb of Object.keys(CHANGES) as ChangeVerb[]) {
    const { parse, status, body } = CHANGES[verb];
    const asks = { ...(body === null ? {} : { body }), ...(status === 200 ? {} : { status }) };
    app.post<ByRef>(`/v1/tasks/:ref/${verb}`, answers(TASK, asks), async (request, reply) => {
      // TypeScript does not relate the input of a verb to the method of the same verb.
      const change = service[verb] as (ref: string, input: unknown, by: string | null) => Promise<TaskView>;
      const task = await change(request.params.ref, parse(request.body), callerOf(request));
      return reply.code(status).send(task);
    });
  }
}

function sendJson(reply: FastifyReply, pieces: AsyncIterable<string>): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(Readable.from(pieces, { objectMode: false }));
}
