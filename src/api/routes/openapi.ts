// The route of the OpenAPI document, which describes all routes of the application, itself included.
import type { FastifyInstance } from 'fastify';
import { openApi, type Route } from '../openapi.ts';
import { OPENAPI } from '../schemas/observe/openapi.ts';
import type { Service } from '../service.ts';
import { answers } from './answer.ts';

/** Add it before the other routes: it takes note of those that follow. */
export function openApiRoute(app: FastifyInstance, service: Pick<Service, 'ping'>): void {
  const routes: Route[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    // Fastify adds a HEAD to each GET.
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ ...config, method: one, url });
  });
  let document: object | null = null;
  app.get('/v1/openapi.json', answers(OPENAPI), () => {
    document ??= openApi(routes, service.ping().version);
    return document;
  });
}
