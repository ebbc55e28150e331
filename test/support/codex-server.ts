// Stands in for `codex app-server --listen unix://PATH`: JSON-RPC in the text frames of a WebSocket, as published on
// https://developers.openai.com/codex/app-server.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

export interface CodexTurn {
  readonly threadId: string;
  readonly text: string;
}

/** Threads in `loaded` take turns at once, others after thread/resume. */
export function codexServer(path: string, loaded: Set<string>, turns: CodexTurn[]): Server {
  const server = createServer((_, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket) => {
    // The real one closes connections that offer a compression.
    const { origin, 'sec-websocket-extensions': extensions, 'sec-websocket-key': key } = request.headers;
    if (origin !== undefined || extensions !== undefined) {
      socket.destroy();
      return;
    }
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    let isInitialized = false;
    const reply = (message: object) => sendText(socket as Socket, JSON.stringify(message));
    readFrames(socket as Socket, (text) => {
      const { id, method, params = {} } = JSON.parse(text);
      if (method === 'initialized') isInitialized = true;
      if (id === undefined) return;
      const refuse = (message: string) => reply({ id, error: { code: -32600, message } });
      if (method === 'initialize') reply({ id, result: { userAgent: params.clientInfo.name } });
      else if (!isInitialized) refuse('Not initialized');
      else if (method === 'thread/resume') {
        loaded.add(params.threadId);
        reply({ id, result: { thread: { id: params.threadId } } });
      } else if (!loaded.has(params.threadId)) refuse(`thread not found: ${params.threadId}`);
      else if (method === 'turn/start') {
        turns.push({ threadId: params.threadId, text: params.input[0].text });
        reply({ method: 'turn/started', params: { turn: { id: 'turn_1' } } });
        reply({ id, result: { turn: { id: 'turn_1', status: 'inProgress', items: [], error: null } } });
      }
    });
  });
  return server.listen(path);
}

/** Of less than 64 KB. */
function sendText(socket: Socket, text: string): void {
  const content = Buffer.from(text);
  const head =
    content.length < 126
      ? [0x81, content.length]
      : [0x81, 126, Math.floor(content.length / 256), content.length % 256];
  socket.write(Buffer.concat([Buffer.from(head), content]));
}

function readFrames(socket: Socket, onText: (text: string) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const short = (rest[1] ?? 0) & 0x7f;
      const start = short === 126 ? 8 : 6;
      const length = short === 126 && rest.length >= 4 ? rest.readUInt16BE(2) : short;
      if (rest.length < start + length) return;
      const mask = rest.subarray(start - 4, start);
      const content = rest.subarray(start, start + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
      const opcode = (rest[0] ?? 0) & 0x0f;
      rest = rest.subarray(start + length);
      if (opcode === 1) onText(Buffer.from(content).toString());
      else if (opcode === 8) socket.end();
    }
  });
}
