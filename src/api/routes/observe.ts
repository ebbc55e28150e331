// Routes that show how the use of the host and its tasks developed, and what they do now.
import type { FastifyInstance } from 'fastify';
import { HISTORY, parseSummary, SUMMARY_QUERY } from '../schemas/observe/history-summary.ts';
import { OUTSIDE_HISTORY, OUTSIDE_QUERY, parseOutside } from '../schemas/observe/outside.ts';
import { parseSeries, SERIES, SERIES_QUERY } from '../schemas/observe/series.ts';
import type { Service } from '../service.ts';
import { answers, type ByRef, plainText } from './answer.ts';

export function observeRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/series', answers(SERIES, { query: SERIES_QUERY }), (request) =>
    service.series(null, parseSeries(request.query)),
  );
  app.get<ByRef>('/v1/tasks/:ref/series', answers(SERIES, { query: SERIES_QUERY }), (request) =>
    service.series(request.params.ref, parseSeries(request.query)),
  );
  app.get('/v1/outside', answers(OUTSIDE_HISTORY, { query: OUTSIDE_QUERY }), (request) =>
    service.outside(parseOutside(request.query).sinceMs),
  );
  app.get('/v1/history/summary', answers(HISTORY, { query: SUMMARY_QUERY }), (request) =>
    service.historySummary(parseSummary(request.query)),
  );
  app.get('/v1/metrics', plainText(), async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await service.metricsText()),
  );
}
