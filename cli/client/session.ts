// Sends a command's requests to the daemon: starts it when needed and turns its problems into errors.
import { setTimeout as delay } from 'node:timers/promises';
import type { ProblemView } from '../../src/api/schemas/problem.ts';
import type { Home } from '../../src/config/home.ts';
import { BabysitError, isErrorCode } from '../../src/core/errors.ts';
import { type Answer, type Request, SocketError, send, uptimeMs } from './http.ts';
import { sandboxHint } from './sandbox.ts';

export interface Session {
  readonly home: Home;
  readonly env: NodeJS.ProcessEnv;
  /** Who pulls a lever with this command. */
  readonly caller?: string;
  /** Start the daemon when it does not run. Otherwise its absence is an error. */
  readonly autostart: boolean;
  /** Called after this session has started a daemon; `warning`: what its user should know. */
  readonly onStarted: (pid: number, warning: string | null) => void;
  /** Called with what a user should know of a daemon that is silent in the middle of a stream. Absent: it is not looked for. */
  readonly onSilent?: (line: string) => void;
}

/** Longest silence of the daemon within an answer. */
export const ANSWER_MS = 30_000;
/** How long a command retries while the daemon stops or its backlog is full. */
const RETRY_FOR_MS = 10_000;
const RETRY_MS = 50;
/** A daemon that keeps ending right after its start is not started again. */
const STARTS_MAX = 5;

/** Returns the JSON of a 2xx answer. Throws BabysitError. */
export async function call<T>(
  session: Session,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const request = { method, path, timeoutMs: ANSWER_MS, ...(body === undefined ? {} : { body }) };
  return JSON.parse((await ask(session, request)).text) as T;
}

/** Passes a 2xx answer to `onData` in pieces and resolves at its end. Throws BabysitError. */
export async function stream(session: Session, path: string, onData: (chunk: Buffer) => void): Promise<void> {
  await ask(session, { method: 'GET', path, timeoutMs: ANSWER_MS, onData, quiet: silenceOf(session) });
}

/** Returns the text of a 2xx answer. Throws BabysitError. */
export async function readText(session: Session, path: string): Promise<string> {
  return (await ask(session, { method: 'GET', path, timeoutMs: ANSWER_MS })).text;
}

async function ask(session: Session, request: Request): Promise<Answer> {
  const deadline = uptimeMs() + RETRY_FOR_MS;
  let hasData = false;
  let starts = 0;
  const onData =
    request.onData &&
    ((chunk: Buffer) => {
      hasData = true;
      request.onData?.(chunk);
    });
  // A daemon that stops or dies may accept a connection and close it.
  const mayRepeat = (error: SocketError) => error.fault === 'broken' && isIdempotent(request) && !hasData;
  for (;;) {
    const mayRetry = uptimeMs() < deadline;
    try {
      const caller = session.caller === undefined ? {} : { caller: session.caller };
      const answer = await send(session.home.socket, {
        ...request,
        ...caller,
        ...(onData ? { onData } : {}),
      });
      if (answer.status < 400) return answer;
      const problem = problemOf(answer);
      if (!isPassing(problem, request) || !mayRetry) throw problem;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      if (error.fault === 'absent' && session.autostart && starts++ < STARTS_MAX) await startDaemon(session);
      else if (!(mayRetry && (error.fault === 'busy' || mayRepeat(error))))
        throw unreachable(session, error, request);
    }
    await delay(RETRY_MS);
  }
}

/** A second submission with the same key returns the task of the first. */
function isIdempotent({ method, body }: Request): boolean {
  return method === 'GET' || (body as { readonly key?: string } | undefined)?.key !== undefined;
}

/** Starts under way, by state directory: requests beside each other share one. */
const startsUnderWay = new Map<string, Promise<void>>();

export function startDaemon(session: Session): Promise<void> {
  const { dir } = session.home;
  const start = startsUnderWay.get(dir) ?? launch(session).finally(() => startsUnderWay.delete(dir));
  startsUnderWay.set(dir, start);
  return start;
}

async function launch(session: Session): Promise<void> {
  const { startDaemonProcess } = await import('../daemon-control/start.ts');
  const ping = await startDaemonProcess(session.home, session.env);
  const { dailyLogoutWarning } = await import('../daemon-control/logout-warning.ts');
  session.onStarted(ping.pid, dailyLogoutWarning(session.home, ping.pid));
}

/** The daemon stops, or a read of its database has failed: the request can be sent again. */
export function isPassing({ code }: BabysitError, { method }: Pick<Request, 'method'>): boolean {
  return code === 'daemon_stopping' || (code === 'disk_error' && method === 'GET');
}

export function problemOf(answer: Answer): BabysitError {
  try {
    const { type, title, status, detail, error, ...extra } = JSON.parse(answer.text) as ProblemView;
    if (isErrorCode(error)) return new BabysitError(error, detail || title, extra);
  } catch {
    // Not JSON: reported below.
  }
  // Fastify itself answers 503 while it closes.
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
    ? 'The daemon may have recorded the request: check babysit list before you repeat it.'
    : sandboxHint(home.socket, error.fault, env);
  return new BabysitError('daemon_unreachable', what, { reason: error.fault, ...(hint ? { hint } : {}) });
}

/** The daemon writes to a stream of events every 15 s. A followed log may be quiet: only a question shows that the daemon is. */
const QUIET_MS = 45_000;
/** A daemon that does not answer in this time hangs: the longest work of its thread takes a second, on a busy host ten. */
export const HANGS_AFTER_MS = 15_000;

/** Says that the daemon is silent in the middle of a stream: it is stopped, or it hangs. Once for each silence. */
export function silenceOf(
  { home, onSilent }: Session,
  { quietMs, answerMs } = { quietMs: QUIET_MS, answerMs: HANGS_AFTER_MS },
): NonNullable<Request['quiet']> {
  let isAsking = false;
  let isReported = false;
  return {
    afterMs: quietMs,
    async onQuiet() {
      if (isAsking || onSilent === undefined) return;
      isAsking = true;
      const isSilent = await isUnanswered(home.socket, answerMs);
      isAsking = false;
      if (isSilent && !isReported) onSilent(silentFor(quietMs + answerMs));
      isReported = isSilent;
    },
  };
}

async function isUnanswered(socket: string, timeoutMs: number): Promise<boolean> {
  try {
    await send(socket, { method: 'GET', path: '/v1/ping', timeoutMs });
    return false;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    // A daemon that ends closes the stream.
    return error.fault === 'silent' || error.fault === 'busy';
  }
}

/** What a user should know of a daemon that has not answered for this time. */
export function silentFor(ms: number): string {
  // biome-ignore lint/plugin/no-wall-clock: the line shows the time
  const at = new Date(Date.now() - ms).toLocaleTimeString('en-GB');
  return `the daemon is stopped or hangs: no sign of life since ${at}. Waiting for it; babysit daemon-restart replaces it, and tasks keep running`;
}
