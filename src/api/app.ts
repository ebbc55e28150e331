// The HTTP application: error handling and the routes. Built here, made to listen by the daemon.
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { BabysitError } from '../core/errors.ts';
import { observeOnly } from './observe-only.ts';
import { fromFastify, problem } from './problem.ts';
import { daemonRoutes } from './routes/daemon.ts';
import { inboxRoutes } from './routes/inbox.ts';
import { logRoutes } from './routes/log.ts';
import { streamRoutes } from './routes/streams.ts';
import { taskRoutes } from './routes/tasks.ts';
import type { Service } from './service.ts';

export interface AppOptions {
  readonly maxBodyBytes: number;
  /** For the second socket: nothing can be changed through it, and no output read. */
  readonly isObserveOnly?: boolean;
  /** Called with errors that are our own fault. */
  onInternalError(error: unknown): void;
}

/** Far above any name or id, so that a wrong reference is answered as one. */
const MAX_REF_LENGTH = 4096;

export function buildApp(service: Service, options: AppOptions): FastifyInstance {
  const answer = (error: Error & { statusCode?: number }, reply: FastifyReply): void => {
    let known = error instanceof BabysitError ? error : fromFastify(error);
    if (known === null) {
      options.onInternalError(error);
      known = new BabysitError('internal', error.message);
    }
    const body = problem(known);
    reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  };
  const app = Fastify({
    routerOptions: { maxParamLength: MAX_REF_LENGTH },
    frameworkErrors: (error, _request, reply) => answer(error, reply),
    bodyLimit: options.maxBodyBytes,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    // What is being answered is answered; the daemon cuts off who is still there after its patience.
    forceCloseConnections: 'idle',
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => answer(error, reply));
  app.setNotFoundHandler((request) => {
    throw new BabysitError('route_not_found', `${request.method} ${request.url}`);
  });
  if (options.isObserveOnly) observeOnly(app);
  daemonRoutes(app, service);
  taskRoutes(app, service);
  logRoutes(app, service);
  streamRoutes(app, service);
  inboxRoutes(app, service);
  return app;
}
