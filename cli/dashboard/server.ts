// Builds the dashboard's HTTP server: checks, files of the page, and the requests that it passes to the daemon.
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { answerUnparsed } from '../../src/core/answers/unparsed-request.ts';
import { BabysitError, type ErrorCode } from '../../src/core/errors.ts';
import type { Assets } from './assets.ts';
import { checkSite, checkToken, SECURITY_HEADERS } from './guard.ts';
import { LiveFeed, sse } from './live-feed.ts';
import { errorBody, passOnRoutes, startStream } from './routes.ts';

/** An adjustment or a reason is far smaller. */
const BODY_MAX_BYTES = 16 * 1024;
const CONNECTIONS_MAX = 64;
/** Writing detects a page that is gone. */
const KEEP_ALIVE_MS = 15_000;

export interface DashboardOptions {
  /** Of the daemon. */
  readonly socket: string;
  readonly token: string;
  readonly assets: Assets;
  readonly version: string;
  /** False in the session of an agent: the page then only shows. */
  readonly mayAct: boolean;
  /** The person at the page, for the record of each change. */
  readonly caller: string;
  /** Called for every request with the token, and when a stream of a page opens or closes. */
  readonly onUse: (openPages: number) => void;
}

export function buildDashboard(options: DashboardOptions): FastifyInstance {
  const { socket, token, assets, version, mayAct, caller, onUse } = options;
  let open = 0;
  const app = Fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => refuse(error, reply),
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, errorBody, SECURITY_HEADERS),
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.addHook('onRequest', async ({ url, headers }, reply) => {
    reply.headers(SECURITY_HEADERS);
    const isApi = url.startsWith('/v1/');
    checkSite({ headers, isPage: url === '/' });
    if (!isApi) return;
    checkToken(headers, token);
    onUse(open);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => refuse(error, reply));
  app.setNotFoundHandler(({ method, url }) => {
    throw new BabysitError('route_not_found', `${method} ${url.slice(0, 100)}`);
  });

  const stay = (): (() => void) => {
    open += 1;
    onUse(open);
    return () => {
      open -= 1;
      onUse(open);
    };
  };
  for (const [path, { type, body }] of Object.entries(assets))
    app.get(path, (_request, reply) => reply.type(type).send(body));
  const feed = new LiveFeed(socket);
  app.addHook('onClose', async () => feed.close());
  app.get('/v1/live', (_request, reply) => {
    startStream(reply, 'text/event-stream');
    const { raw } = reply;
    raw.write(sse('hello', { version, may_act: mayAct }));
    const leave = stay();
    const remove = feed.add(raw);
    const keepAlive = setInterval(() => raw.write(': \n\n'), KEEP_ALIVE_MS);
    raw.once('close', () => {
      clearInterval(keepAlive);
      remove();
      leave();
    });
  });
  passOnRoutes(app, { socket, mayAct, caller, stay });
  return app;
}

function refuse(error: Error & { statusCode?: number }, reply: FastifyReply): void {
  const known =
    error instanceof BabysitError ? error : new BabysitError(codeOf(error.statusCode), error.message);
  const body = errorBody(known);
  reply
    .headers(SECURITY_HEADERS)
    .code(body.status)
    .type('application/problem+json')
    .send(JSON.stringify(body));
}

function codeOf(status = 500): ErrorCode {
  if (status >= 500) return 'internal';
  return status === 413 ? 'body_too_large' : 'usage';
}
