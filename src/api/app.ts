// The HTTP application: error handling and the routes. Built here, made to listen by the daemon.
import Fastify, { type FastifyInstance } from 'fastify';
import { BabysitError } from '../core/errors.ts';
import { fromFastify, problem } from './problem.ts';
import { daemonRoutes } from './routes/daemon.ts';
import { taskRoutes } from './routes/tasks.ts';
import type { Service } from './service.ts';

export interface AppOptions {
  readonly maxBodyBytes: number;
  /** Called with errors that are our own fault. */
  onInternalError(error: unknown): void;
}

export function buildApp(service: Service, options: AppOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: options.maxBodyBytes,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    // Streams are ended by the daemon when it stops; waiting for idle connections would hold it back.
    forceCloseConnections: true,
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    let known = error instanceof BabysitError ? error : fromFastify(error);
    if (known === null) {
      options.onInternalError(error);
      known = new BabysitError('internal', error.message);
    }
    const body = problem(known);
    reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  });
  app.setNotFoundHandler((request) => {
    throw new BabysitError('route_not_found', `${request.method} ${request.url}`);
  });
  daemonRoutes(app, service);
  taskRoutes(app, service);
  return app;
}
