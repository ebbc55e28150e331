// Routes about the daemon, its host and its database.
import type { FastifyInstance } from 'fastify';
import { BACKUP_VIEW, CLEAN_VIEW, parseBackup, parseClean } from '../schemas/clean.ts';
import { CONFIG, CONFIG_CHANGE, DOCTOR, OK, PING, parseConfigSet, parseStop } from '../schemas/daemon.ts';
import { HOLD, HOLDS, parseHold, parseRelease, RELEASED } from '../schemas/hold.ts';
import { PROFILE_VIEW, parseProfile } from '../schemas/profile.ts';
import { STATUS } from '../schemas/status.ts';
import type { Service } from '../service.ts';
import { answers } from './answer.ts';

export function daemonRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/ping', answers(PING), () => service.ping());
  app.get('/v1/status', answers(STATUS), () => service.status());
  app.get('/v1/doctor', answers(DOCTOR), () => service.doctor());
  app.get('/v1/config', answers(CONFIG), () => service.config());
  app.post('/v1/config', answers(CONFIG_CHANGE), (request) =>
    service.setConfig(parseConfigSet(request.body)),
  );
  app.get('/v1/profile', answers(PROFILE_VIEW), () => service.profile());
  app.post('/v1/profile', answers(PROFILE_VIEW), (request) =>
    service.switchProfile(parseProfile(request.body)),
  );
  app.get('/v1/hold', answers(HOLDS), () => service.holds());
  app.post('/v1/hold', answers(HOLD), (request) => service.hold(parseHold(request.body)));
  app.delete('/v1/hold', answers(RELEASED), (request) => service.release(parseRelease(request.query)));
  app.post('/v1/clean', answers(CLEAN_VIEW), (request) => service.clean(parseClean(request.body)));
  app.post('/v1/backup', answers(BACKUP_VIEW), (request) => service.backup(parseBackup(request.body)));
  app.post('/v1/daemon/stop', answers(OK), (request, reply) => {
    service.stop(parseStop(request.body));
    reply.code(202).send({ ok: true });
  });
}
