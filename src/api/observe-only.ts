// What may be asked through the second socket. It is handed to those who shall not be trusted with the first, so
// everything that is not named here is refused: what changes something, and what shows output, settings or paths.
import type { FastifyInstance } from 'fastify';
import { BabysitError } from '../core/errors.ts';

const ALLOWED = new Set(['/v1/ping', '/v1/status', '/v1/tasks', '/v1/tasks/:ref', '/v1/tasks/:ref/events']);

/** To be called before the routes are added. */
export function observeOnly(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ method, url, routeOptions }) => {
    if (method === 'GET' && ALLOWED.has(routeOptions.url ?? '')) return;
    throw new BabysitError('observe_only', `${method} ${url} is refused`);
  });
}
