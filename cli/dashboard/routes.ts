// The requests of the page that the dashboard passes to the daemon's socket, and no others: a page submits no task.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BabysitError, ERRORS, type ErrorExtra } from '../../src/core/errors.ts';
import { isJsonObject } from '../../src/text/json.ts';
import { lineReader } from '../client/follow.ts';
import { SocketError, send } from '../client/http.ts';
import { sse } from './live-feed.ts';

const ANSWER_MS = 30_000;
/** A page that reads nothing is disconnected. */
const LOST_BYTES = 8 * 1024 ** 2;

/** The page knows tasks by their ids, so no name is a part of a path. */
const TASK = '/v1/tasks/:id(^[0-9A-Z]{26}$)';

const READS = [
  '/v1/tasks',
  TASK,
  `${TASK}/series`,
  `${TASK}/log/range`,
  '/v1/series',
  '/v1/history/summary',
  '/v1/outside',
];
const HOLD = '/v1/hold';
const CHANGES = [...['kill', 'pause', 'resume', 'adjust'].map((verb) => `${TASK}/${verb}`), HOLD];

export interface RouteDeps {
  readonly socket: string;
  /** False in the session of an agent: the page then only shows. */
  readonly mayAct: boolean;
  /** The person at the page, for the record of each change. */
  readonly caller: string;
  /** Counts the stream as an open page until the returned function is called. */
  readonly stay: () => () => void;
}

export function passOnRoutes(app: FastifyInstance, deps: RouteDeps): void {
  for (const path of READS) app.get(path, (request, reply) => passOn(deps, request, reply));
  app.get('/v1/metrics', (request, reply) => passOn(deps, request, reply, { type: METRICS_TYPE }));
  app.get('/v1/config', (request, reply) => passOn(deps, request, reply, { edit: withoutTargets }));
  app.get(`${TASK}/log`, (request, reply) => {
    const write = streamTo(deps, reply, 'text/plain; charset=utf-8');
    return stream(deps.socket, request.url, reply, write.signal, write.bytes);
  });
  app.get(`${TASK}/events`, (request, reply) => {
    const write = streamTo(deps, reply, 'text/event-stream');
    const lines = lineReader((line) => write.bytes(sse('event', JSON.parse(line) as object)));
    return stream(deps.socket, request.url, reply, write.signal, lines);
  });
  const act = (request: FastifyRequest, reply: FastifyReply) => {
    if (!deps.mayAct)
      throw new BabysitError('operator_only', 'the dashboard runs in the session of an agent');
    return passOn(deps, request, reply, { caller: deps.caller });
  };
  for (const path of CHANGES) app.post(path, act);
  app.delete(HOLD, act);
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Passing {
  readonly caller?: string;
  readonly type?: string;
  readonly edit?: (text: string) => string;
}

async function passOn(
  { socket }: RouteDeps,
  { method, url, body }: FastifyRequest,
  reply: FastifyReply,
  { type = 'application/json; charset=utf-8', edit = (text) => text, caller }: Passing = {},
): Promise<FastifyReply> {
  const request = { method: method as 'GET' | 'POST' | 'DELETE', path: url, timeoutMs: ANSWER_MS };
  const answer = await send(socket, {
    ...request,
    ...(method === 'POST' ? { body: body ?? {} } : {}),
    ...(caller === undefined ? {} : { caller }),
  }).catch(unreachable);
  const text = answer.status < 300 ? edit(answer.text) : answer.text;
  return reply.code(answer.status).type(type).send(text);
}

/** The targets of notifications may hold passwords of webhooks: the page shows their names. */
function withoutTargets(text: string): string {
  const config = JSON.parse(text) as {
    readonly values: readonly { readonly key: string; readonly value: unknown }[];
  };
  const nameOf = (target: unknown) =>
    isJsonObject(target) && typeof target.name === 'string' ? target.name : '…';
  const values = config.values.map((row) =>
    row.key === 'notify.targets' && Array.isArray(row.value) ? { ...row, value: row.value.map(nameOf) } : row,
  );
  return JSON.stringify({ ...config, values });
}

interface Stream {
  readonly signal: AbortSignal;
  bytes(chunk: Uint8Array | string): void;
}

/** Takes over the reply with the first bytes: until then an error can still be the answer. */
function streamTo({ stay }: RouteDeps, reply: FastifyReply, type: string): Stream {
  const leave = stay();
  const closed = new AbortController();
  reply.raw.once('close', () => {
    leave();
    closed.abort();
  });
  return {
    signal: closed.signal,
    bytes(chunk) {
      startStream(reply, type);
      if (reply.raw.writableLength > LOST_BYTES) reply.raw.destroy();
      else reply.raw.write(chunk);
    },
  };
}

/** Sends the head of a stream, with the security headers that fastify would have sent. */
export function startStream(reply: FastifyReply, type: string): void {
  if (reply.raw.headersSent) return;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.hijack();
  reply.raw.setHeader('content-type', type);
  reply.raw.flushHeaders();
}

async function stream(
  socket: string,
  path: string,
  reply: FastifyReply,
  signal: AbortSignal,
  onData: (chunk: Buffer) => void,
): Promise<FastifyReply> {
  try {
    const { status, text } = await send(socket, {
      method: 'GET',
      path,
      timeoutMs: ANSWER_MS,
      onData,
      signal,
    });
    if (!reply.raw.headersSent) return reply.code(status).send(text);
  } catch (error) {
    if (!reply.raw.headersSent && !signal.aborted) unreachable(error);
  }
  reply.raw.end();
  return reply;
}

function unreachable(error: unknown): never {
  if (error instanceof SocketError)
    throw new BabysitError('daemon_unreachable', `the daemon does not answer: ${error.message}`);
  throw error;
}

/** The body of an error of the dashboard itself, in the form of the daemon's errors. */
export function errorBody(error: BabysitError): ErrorExtra & { readonly status: number } {
  const { http: status, title } = ERRORS[error.code];
  return { ...error.extra, title, status, detail: error.message, error: error.code, hint: error.hint };
}
