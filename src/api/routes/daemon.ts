// Routes about the daemon and its host.
import type { FastifyInstance } from 'fastify';
import { parseStop } from '../requests.ts';
import type { Service } from '../service.ts';

export function daemonRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/ping', () => service.ping());
  app.get('/v1/status', () => service.status());
  app.get('/v1/doctor', () => service.doctor());
  app.get('/v1/config', () => service.config());
  app.post('/v1/daemon/stop', (request, reply) => {
    service.stop(parseStop(request.body));
    reply.code(202).send({ ok: true });
  });
}
