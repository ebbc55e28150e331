// Talks to the daemon for a command: starts it when nobody listens, turns its refusals into errors.
import { setTimeout as delay } from 'node:timers/promises';
import type { ProblemView } from '../../src/api/schemas/problem.ts';
import type { Home } from '../../src/config/home.ts';
import { BabysitError, isErrorCode } from '../../src/core/errors.ts';
import { type Answer, type Request, SocketError, send } from './client.ts';
import { sandboxHint } from './sandbox.ts';
import { uptimeMs } from './uptime.ts';

export interface Session {
  readonly home: Home;
  readonly env: NodeJS.ProcessEnv;
  /** False: a daemon that is not there is an error. */
  readonly autostart: boolean;
  /** Told when a daemon had to be started. */
  readonly onStarted: (pid: number) => void;
}

const ANSWER_MS = 30_000;
/** How long a stopping or crowded daemon is given before the command gives up. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;
/** A daemon that ends again and again right after its start is not worth another. */
const STARTS_MAX = 5;

/** The JSON of a good answer. Throws BabysitError. */
export async function call<T>(
  session: Session,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<T> {
  const request = { method, path, timeoutMs: ANSWER_MS, ...(body === undefined ? {} : { body }) };
  return JSON.parse((await ask(session, request)).text) as T;
}

/** Pieces of a good answer go to `onData` as they come; resolves at its end. Throws BabysitError. */
export async function stream(session: Session, path: string, onData: (chunk: Buffer) => void): Promise<void> {
  await ask(session, { method: 'GET', path, timeoutMs: ANSWER_MS, onData });
}

async function ask(session: Session, request: Request): Promise<Answer> {
  const deadline = uptimeMs() + PATIENCE_MS;
  let hasData = false;
  let starts = 0;
  const onData =
    request.onData &&
    ((chunk: Buffer) => {
      hasData = true;
      request.onData?.(chunk);
    });
  // A connection that a stopping daemon accepted and closed; a question may be asked again, an order may not.
  const mayRepeat = (error: SocketError) => error.fault === 'broken' && request.method === 'GET' && !hasData;
  for (;;) {
    const patient = uptimeMs() < deadline;
    try {
      const answer = await send(session.home.socket, { ...request, ...(onData ? { onData } : {}) });
      if (answer.status < 400) return answer;
      const problem = problemOf(answer);
      if (problem.code !== 'daemon_stopping' || !patient) throw problem;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      if (error.fault === 'absent' && session.autostart && starts++ < STARTS_MAX) await startDaemon(session);
      else if (!(patient && (error.fault === 'busy' || mayRepeat(error))))
        throw unreachable(session, error, request);
    }
    await delay(RETRY_MS);
  }
}

export async function startDaemon(session: Session): Promise<void> {
  const { startDaemonProcess } = await import('../daemon-control/start.ts');
  const ping = await startDaemonProcess(session.home, session.env);
  session.onStarted(ping.pid);
}

/** What the daemon said when it refused. */
export function problemOf(answer: Answer): BabysitError {
  try {
    const { type, title, status, detail, error, ...extra } = JSON.parse(answer.text) as ProblemView;
    if (isErrorCode(error)) return new BabysitError(error, detail || title, extra);
  } catch {
    // Not JSON: told below.
  }
  // What fastify itself answers while it closes.
  if (answer.status === 503) return new BabysitError('daemon_stopping', 'the daemon is stopping');
  return new BabysitError('internal', `the daemon answered ${answer.status}: ${answer.text.slice(0, 500)}`);
}

export function unreachable(
  { home, env }: Session,
  error: SocketError,
  request: Pick<Request, 'method'>,
): BabysitError {
  const what = `the daemon at ${home.socket} does not answer: ${error.message}`;
  const unknown = request.method === 'POST' && (error.fault === 'broken' || error.fault === 'silent');
  const hint = unknown
    ? 'Whether the request was recorded is not known: look with babysit list before you repeat it.'
    : sandboxHint(home.socket, error.fault, env);
  return new BabysitError('daemon_unreachable', what, { reason: error.fault, ...(hint ? { hint } : {}) });
}
