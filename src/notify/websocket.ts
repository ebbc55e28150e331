// A client of WebSocket (RFC 6455) for short text messages, over a Unix socket or TCP. Node's own has no Unix sockets, and
// offers a compression that the app-server of Codex refuses.
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

export interface WebSocketLine {
  send(text: string): void;
  close(): void;
}

export interface Listener {
  onText(text: string): void;
  /** At most once, also after `close`. */
  onClosed(): void;
}

/** `unix:///path`, or `ws://host:port`. */
export type Endpoint = string;

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
const MAX_BYTES = 16 * 1024 ** 2;

/** Rejects when the server does not answer or does not speak the protocol. */
export function openWebSocket(
  endpoint: Endpoint,
  token: string | null,
  listener: Listener,
  signal: AbortSignal,
): Promise<WebSocketLine> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocketLine>();
  const key = randomBytes(16).toString('base64');
  const place = endpoint.startsWith('unix://')
    ? { socketPath: endpoint.slice('unix://'.length), path: '/', host: 'localhost' }
    : placeOf(new URL(endpoint));
  const sent = request({
    ...place,
    signal,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  sent.on('error', reject);
  sent.on('response', (answer) => {
    answer.resume();
    reject(new Error(`the server answered with HTTP status ${answer.statusCode}, not with a WebSocket`));
  });
  sent.on('upgrade', (answer, socket, first) => {
    const expected = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    if (answer.headers['sec-websocket-accept'] !== expected) {
      socket.destroy();
      reject(new Error('the server is not a WebSocket'));
      return;
    }
    resolve(serve(socket as Socket, first, listener, signal));
  });
  sent.end();
  return promise;
}

function placeOf({ hostname, port, pathname, search }: URL) {
  return { host: hostname, port: Number(port) || 80, path: `${pathname}${search}` };
}

function serve(socket: Socket, first: Buffer, listener: Listener, signal: AbortSignal): WebSocketLine {
  let rest = first;
  let message: Buffer[] = [];
  const read = (): void => {
    for (let frame = nextFrame(rest); frame !== null; frame = nextFrame(rest)) {
      rest = frame.rest;
      if (frame.opcode === OPCODE.ping) socket.write(frameOf(OPCODE.pong, frame.content));
      else if (frame.opcode === OPCODE.close) socket.end(frameOf(OPCODE.close, frame.content));
      else if (frame.opcode === OPCODE.text || frame.opcode === OPCODE.continuation) {
        message.push(frame.content);
        if (!frame.isLast) continue;
        const text = Buffer.concat(message).toString();
        message = [];
        listener.onText(text);
      }
    }
    if (rest.length > MAX_BYTES) socket.destroy();
  };
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    read();
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    signal.removeEventListener('abort', abort);
    listener.onClosed();
  });
  // The first messages may have come with the answer.
  setImmediate(read);
  return {
    send: (text) => void socket.write(frameOf(OPCODE.text, Buffer.from(text))),
    close: () => void socket.end(frameOf(OPCODE.close, Buffer.alloc(0))),
  };
}

interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly content: Buffer;
  readonly rest: Buffer;
}

/** Null: it is not complete. Servers do not mask their frames. */
function nextFrame(bytes: Buffer): Frame | null {
  const [head = 0, second = 0] = bytes;
  if (bytes.length < 2) return null;
  const short = second & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return null;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < start + length) return null;
  return {
    opcode: head & 0x0f,
    isLast: (head & 0x80) !== 0,
    content: bytes.subarray(start, start + length),
    rest: bytes.subarray(start + length),
  };
}

/** A client masks each frame with a random key. */
function frameOf(opcode: number, content: Buffer): Buffer {
  const { length } = content;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, content.map((byte, at) => byte ^ (mask[at % 4] ?? 0))]);
}
