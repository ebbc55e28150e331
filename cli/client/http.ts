// Sends one request to the daemon's socket and reads the answer or the stream. Its own parser of HTTP/1.1: a request with
// node:http takes 63 ms, with this one 28 ms, process start included (Node 24; `node -e 0` takes 24 ms).
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import { CALLER_HEADER } from '../../src/core/host/levers.ts';
import { isClosedPipe } from '../output/output.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** Who pulls a lever. */
  readonly caller?: string;
  /** Longest silence of the daemon before and within an answer; a stream has no limit after its head. */
  readonly timeoutMs: number;
  /** Receives the body of a 2xx answer in pieces. `text` is then empty. */
  readonly onData?: (chunk: Buffer) => void;
  /** Called after each such time without data in a stream. */
  readonly quiet?: { readonly afterMs: number; onQuiet(): void };
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * absent: no listener. busy: backlog full. denied: no permission. broken: closed early. silent: timed out. foreign: the
 * socket or its directory belongs to another user, who would receive the command and its environment.
 */
export type SocketFault = 'absent' | 'busy' | 'denied' | 'broken' | 'silent' | 'foreign';

export class SocketError extends Error {
  readonly fault: SocketFault;
  constructor(fault: SocketFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Rejects only with SocketError. The fault of an aborted request is `broken`. */
export function send(socketPath: string, request: Request): Promise<Answer> {
  const owner = otherOwner(dirname(socketPath)) ?? otherOwner(socketPath);
  if (owner !== null)
    return Promise.reject(new SocketError('foreign', `${socketPath} belongs to the user with id ${owner}`));
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
        if (request.onData) watchStream();
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
    const watchStream = (): void => {
      const { afterMs = 0, onQuiet } = request.quiet ?? {};
      socket.removeAllListeners('timeout');
      socket.setTimeout(afterMs);
      socket.on('timeout', () => {
        onQuiet?.();
        socket.setTimeout(afterMs);
      });
    };
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
        // An output that cannot be written stays so: with another request the client would repeat the stream without an end.
        if (error instanceof BabysitError || isClosedPipe(error)) {
          reject(error);
          socket.destroy();
        } else fail('broken', error instanceof Error ? error.message : String(error));
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
    const abort = () => fail('broken', 'aborted');
    request.signal?.addEventListener('abort', abort, { once: true });
    if (request.signal?.aborted) abort();
  });
}

/** The owner of a file of another user; null for an own one and for one that does not exist. */
export function otherOwner(path: string): number | null {
  try {
    const { uid } = statSync(path);
    return process.getuid === undefined || uid === process.getuid() ? null : uid;
  } catch {
    return null;
  }
}

function encode(request: Request): string {
  const caller =
    request.caller === undefined ? '' : `${CALLER_HEADER}: ${encodeURIComponent(request.caller)}\r\n`;
  const head = `${request.method} ${request.path} HTTP/1.1\r\nHost: babysit\r\nConnection: close\r\n${caller}`;
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

export interface HttpReader {
  push(chunk: Buffer): void;
  /** Call when the connection closes. Returns whether the answer is complete. */
  close(): boolean;
}

export interface HttpSink {
  head(status: number): void;
  body(chunk: Buffer): void;
  end(): void;
}

type Phase =
  | 'head'
  | 'sized'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailer'
  | 'done';
const HEAD_MAX_BYTES = 64 * 1024;

/** Parses one answer into `sink`. `push` throws when the bytes are not HTTP/1.x. */
export function readHttp(sink: HttpSink): HttpReader {
  let rest: Buffer = Buffer.alloc(0);
  let phase: Phase = 'head';
  let left = 0;

  function finish(): void {
    phase = 'done';
    sink.end();
  }

  /** Parses the next part. Returns false when it needs more bytes. */
  function step(): boolean {
    switch (phase) {
      case 'head': {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) {
          if (rest.length > HEAD_MAX_BYTES)
            throw new Error(`the head of the answer has no end within ${HEAD_MAX_BYTES / 1024} KiB`);
          return false;
        }
        const head = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 4);
        const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
        if (!(status > 0)) throw new Error('the answer is not HTTP');
        if (status < 200) return true;
        sink.head(status);
        const length = /^content-length:\s*(\d+)\s*$/im.exec(head)?.[1];
        if (/^transfer-encoding:.*chunked/im.test(head)) phase = 'chunk-size';
        else if (length === undefined) phase = 'until-close';
        else {
          left = Number(length);
          phase = 'sized';
          if (left === 0) finish();
        }
        return true;
      }
      case 'sized':
      case 'chunk-data': {
        if (rest.length === 0) return false;
        const chunk = rest.subarray(0, left);
        rest = rest.subarray(chunk.length);
        left -= chunk.length;
        sink.body(chunk);
        if (left > 0) return false;
        if (phase === 'sized') finish();
        else phase = 'chunk-end';
        return true;
      }
      case 'until-close': {
        if (rest.length === 0) return false;
        const chunk = rest;
        rest = Buffer.alloc(0);
        sink.body(chunk);
        return false;
      }
      case 'chunk-size':
      case 'chunk-end':
      case 'trailer': {
        const end = rest.indexOf('\r\n');
        if (end < 0) return false;
        const line = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 2);
        if (phase === 'chunk-end') phase = 'chunk-size';
        else if (phase === 'trailer') {
          if (line === '') finish();
        } else {
          if (!/^[0-9a-f]+/i.test(line)) throw new Error('the answer has an invalid chunk size');
          left = Number.parseInt(line, 16);
          phase = left === 0 ? 'trailer' : 'chunk-data';
        }
        return true;
      }
      case 'done':
        return false;
    }
  }

  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (step());
    },
    close() {
      if (phase === 'until-close') finish();
      return phase === 'done';
    },
  };
}
