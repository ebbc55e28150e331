// Sends one request to the daemon's socket and reads the answer or the stream.
import { connect } from 'node:net';
import { readHttp } from './http.ts';

export interface Request {
  readonly method: 'GET' | 'POST';
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** Longest silence of the daemon before and within an answer; a stream has no limit after its head. */
  readonly timeoutMs: number;
  /** Receives the body of a 2xx answer in pieces. `text` is then empty. */
  readonly onData?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** absent: no listener. busy: backlog full. denied: no permission. broken: closed early. silent: timed out. */
export type SocketFault = 'absent' | 'busy' | 'denied' | 'broken' | 'silent';

export class SocketError extends Error {
  readonly fault: SocketFault;
  constructor(fault: SocketFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Rejects only with SocketError. The fault of an aborted request is `broken`. */
export function send(socketPath: string, request: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let status = 0;
    let connected = false;
    const fail = (fault: SocketFault, message: string): void => {
      reject(new SocketError(fault, message));
      socket.destroy();
    };
    const reader = readHttp({
      head: (code) => {
        status = code;
        if (request.onData) socket.setTimeout(0);
      },
      body: (chunk) => {
        if (request.onData && status < 300) request.onData(chunk);
        else pieces.push(chunk);
      },
      end: () => {
        resolve({ status, text: Buffer.concat(pieces).toString() });
        socket.destroy();
      },
    });
    const socket = connect(socketPath);
    socket.setTimeout(request.timeoutMs, () =>
      fail('silent', `no answer within ${request.timeoutMs / 1000} s`),
    );
    socket.on('connect', () => {
      connected = true;
      socket.write(encode(request));
    });
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        fail('broken', error instanceof Error ? error.message : String(error));
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The daemon refuses a large body before it has read all of it: the answer comes before the reset.
      if (connected) reader.close();
      fail(connected ? 'broken' : faultOf(error.code), error.message);
    });
    socket.on('close', () => {
      if (!reader.close())
        reject(new SocketError('broken', 'the connection was closed before the answer was whole'));
    });
    request.signal?.addEventListener('abort', () => fail('broken', 'aborted'), { once: true });
  });
}

function encode(request: Request): string {
  const head = `${request.method} ${request.path} HTTP/1.1\r\nHost: babysit\r\nConnection: close\r\n`;
  if (request.body === undefined) return `${head}\r\n`;
  const body = JSON.stringify(request.body);
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function faultOf(code: string | undefined): SocketFault {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTDIR':
      return 'absent';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    default:
      return 'busy';
  }
}

/** A monotonic clock. `performance` would load node:perf_hooks, which costs 1 ms at the start. */
export function uptimeMs(): number {
  return process.uptime() * 1000;
}
