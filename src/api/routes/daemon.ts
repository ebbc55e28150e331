// Routes about the daemon, its host and its database.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerOf } from '../caller.ts';
import { BACKUP, BACKUP_VIEW, CLEAN, CLEAN_VIEW, parseBackup, parseClean } from '../schemas/clean.ts';
import {
  CONFIG,
  CONFIG_CHANGE,
  CONFIG_SET,
  DOCTOR,
  OK,
  PING,
  parseConfigSet,
  parseStop,
  STOP,
} from '../schemas/daemon.ts';
import { HOLD, HOLD_BODY, HOLDS, parseHold, parseRelease, RELEASE_QUERY, RELEASED } from '../schemas/hold.ts';
import { LEVER_BODY, parseLever } from '../schemas/levers.ts';
import { PROFILE_VIEW, parseProfile, SWITCH } from '../schemas/profile.ts';
import { STATUS } from '../schemas/status.ts';
import type { Service } from '../service.ts';
import { answers } from './answer.ts';

export function daemonRoutes(app: FastifyInstance, service: Service): void {
  app.get('/v1/ping', answers(PING), () => service.ping());
  app.get('/v1/status', answers(STATUS), () => service.status());
  app.get('/v1/doctor', answers(DOCTOR), () => service.doctor());
  app.get('/v1/config', answers(CONFIG), () => service.config());
  app.post('/v1/config', answers(CONFIG_CHANGE, { body: CONFIG_SET }), (request) =>
    service.setConfig(parseConfigSet(request.body)),
  );
  app.get('/v1/profile', answers(PROFILE_VIEW), () => service.profile());
  app.post('/v1/profile', answers(PROFILE_VIEW, { body: SWITCH }), (request) =>
    service.switchProfile(parseProfile(request.body)),
  );
  app.get('/v1/hold', answers(HOLDS), () => service.holds());
  app.post('/v1/hold', answers(HOLD, { body: HOLD_BODY }), (request) =>
    service.hold(byCaller(parseHold(request.body), request)),
  );
  app.delete('/v1/hold', answers(RELEASED, { query: RELEASE_QUERY }), (request) =>
    service.release(byCaller(parseRelease(request.query), request)),
  );
  app.post('/v1/levers', answers(OK, { body: LEVER_BODY }), async (request) => {
    await service.noteLever(parseLever(request.body));
    return { ok: true };
  });
  app.post('/v1/clean', answers(CLEAN_VIEW, { body: CLEAN }), (request) =>
    service.clean(parseClean(request.body)),
  );
  app.post('/v1/backup', answers(BACKUP_VIEW, { body: BACKUP }), (request) =>
    service.backup(parseBackup(request.body)),
  );
  app.post('/v1/daemon/stop', answers(OK, { body: STOP, status: 202 }), (request, reply) => {
    service.stop(parseStop(request.body));
    reply.code(202).send({ ok: true });
  });
}

/** The page of the dashboard sends no `by`: its server names the person in the header. */
function byCaller<T extends { readonly by: string | null }>(asked: T, request: FastifyRequest): T {
  return { ...asked, by: asked.by ?? callerOf(request) };
}
