// Notes each use of a lever that a request pulls. The kill of another owner's task is noted by the verb itself.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LeverUse } from '../core/host/levers.ts';
import { isJsonObject } from '../text/json.ts';
import { callerOf } from './caller.ts';
import type { Service } from './service.ts';

type Pull = Pick<LeverUse, 'lever' | 'of'>;
type Body = Readonly<Record<string, unknown>>;

/** By method and route. */
const PULLS: Readonly<Record<string, (body: Body, ref: string) => Pull | null>> = {
  'POST /v1/tasks': (body) => forced(body, textOf(body.name)),
  'POST /v1/batch': (body) =>
    Array.isArray(body.lines) && body.lines.some((line) => isJsonObject(line) && line.force === true)
      ? { lever: 'force', of: null }
      : null,
  'POST /v1/tasks/:ref/retry': (body, ref) => forced(body, ref),
  'POST /v1/config': (body) => ({ lever: 'config', of: textOf(body.key) }),
  'POST /v1/profile': (body) => ({ lever: 'profile', of: textOf(body.profile) }),
  'POST /v1/daemon/stop': (body) => (body.kill_tasks === true ? { lever: 'stop_daemon', of: null } : null),
};

/** A use is recorded before its answer leaves; a stop before it begins. */
export function noteLevers(app: FastifyInstance, service: Service): void {
  app.addHook('preHandler', async (request) => {
    const pull = isStop(request) ? pullOf(request) : null;
    if (pull !== null) await service.noteLever({ ...pull, by: callerOf(request) ?? ownerIn(request) });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const pull = reply.statusCode >= 400 || isStop(request) ? null : pullOf(request);
    if (pull !== null) await service.noteLever({ ...pull, by: callerOf(request) ?? ownerIn(request) });
    return payload;
  });
}

function isStop({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/v1/daemon/stop';
}

function pullOf({ method, routeOptions, body, params }: FastifyRequest): Pull | null {
  const key = `${method} ${routeOptions.url}`;
  const read = Object.hasOwn(PULLS, key) ? PULLS[key] : undefined;
  if (read === undefined) return null;
  const ref = isJsonObject(params) ? textOf(params.ref) : null;
  return read(isJsonObject(body) ? body : {}, ref ?? '');
}

function forced({ force }: Body, of: string | null): Pull | null {
  return force === true ? { lever: 'force', of } : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** For a client that sends only the owner of its tasks. */
function ownerIn({ body }: FastifyRequest): string | null {
  return isJsonObject(body) ? textOf(body.owner) : null;
}
