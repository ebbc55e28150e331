// Builds the HTTP application: error handling and routes. The daemon makes it listen.
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { answerUnparsed } from '../core/answers/unparsed-request.ts';
import { BabysitError } from '../core/errors.ts';
import { shortageOf } from '../core/shortages.ts';
import { noteLevers } from './levers.ts';
import { fromFastify, problem } from './problem.ts';
import { resolveRefs } from './resolve-ref.ts';
import { daemonRoutes } from './routes/daemon.ts';
import { inboxRoutes } from './routes/inbox.ts';
import { logRoutes } from './routes/log.ts';
import { observeRoutes } from './routes/observe.ts';
import { openApiRoute } from './routes/openapi.ts';
import { streamRoutes } from './routes/streams.ts';
import { taskRoutes } from './routes/tasks.ts';
import type { Service } from './service.ts';

export interface AppOptions {
  readonly maxBodyBytes: number;
  /** For the second socket, whose clients cannot change anything or read output. */
  readonly isObserveOnly?: boolean;
  /** Called with unexpected errors. */
  onInternalError(error: unknown): void;
}

/** Far above any name or id, so that a wrong reference gets the error not_found. */
const MAX_REF_LENGTH = 4096;

/** Routes parse by zod. Fastify's own compilers, which it loads by default, are a tenth of the CPU time of a start. */
const noCompiler = () => () => {
  throw new Error('a route declares a schema for Fastify: parse by zod');
};

export function buildApp(service: Service, options: AppOptions): FastifyInstance {
  const answer = (error: Error & { statusCode?: number }, reply: FastifyReply): void => {
    let known = error instanceof BabysitError ? error : fromFastify(error);
    if (known === null) {
      options.onInternalError(error);
      // A read of the database may fail once: a client can ask again.
      known = new BabysitError(shortageOf(error) === null ? 'internal' : 'disk_error', error.message);
    }
    const body = problem(known);
    reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  };
  const app = Fastify({
    routerOptions: { maxParamLength: MAX_REF_LENGTH },
    frameworkErrors: (error, _request, reply) => answer(error, reply),
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, problem),
    bodyLimit: options.maxBodyBytes,
    // A variable may be called __proto__. Schemas refuse every other field of that name.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    // Finish the current answers. The daemon closes the remaining connections at its deadline.
    forceCloseConnections: 'idle',
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => answer(error, reply));
  app.setNotFoundHandler((request) => {
    throw new BabysitError('route_not_found', `${request.method} ${request.url}`);
  });
  // A hook applies only to routes that are added after it.
  if (options.isObserveOnly) observeOnly(app);
  resolveRefs(app, service);
  noteLevers(app, service);
  openApiRoute(app, service);
  daemonRoutes(app, service);
  taskRoutes(app, service);
  logRoutes(app, service);
  streamRoutes(app, service, options.onInternalError);
  observeRoutes(app, service);
  inboxRoutes(app, service);
  return app;
}

/** The client of the second socket is not trusted: allow these routes, refuse changes, output, settings and paths. */
const OBSERVE_ONLY = new Set([
  '/v1/ping',
  '/v1/status',
  '/v1/tasks',
  '/v1/select',
  '/v1/tasks/:ref',
  '/v1/tasks/:ref/events',
]);

function observeOnly(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ method, url, routeOptions }) => {
    if (method === 'GET' && OBSERVE_ONLY.has(routeOptions.url ?? '')) return;
    throw new BabysitError('observe_only', `${method} ${url} is refused`);
  });
}
