// Routes about the daemon, its host and its record.
import type { FastifyInstance } from 'fastify';
import { parseBackup, parseClean, parseProfile, parseStop } from '../requests.ts';
import type { Service } from '../service.ts';

export function daemonRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/ping', () => service.ping());
  app.get('/v1/status', () => service.status());
  app.get('/v1/doctor', () => service.doctor());
  app.get('/v1/config', () => service.config());
  app.get('/v1/profile', () => service.profile());
  app.post('/v1/profile', (request) => service.switchProfile(parseProfile(request.body)));
  app.post('/v1/clean', (request) => service.clean(parseClean(request.body)));
  app.post('/v1/backup', (request) => service.backup(parseBackup(request.body)));
  app.post('/v1/daemon/stop', (request, reply) => {
    service.stop(parseStop(request.body));
    reply.code(202).send({ ok: true });
  });
}
