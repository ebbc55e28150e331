// Stands in for `codex app-server --listen unix://PATH`: JSON-RPC in the text frames of a WebSocket, as published on
// https://developers.openai.com/codex/app-server.
import { createServer, type Server } from 'node:http';
import { WebSocketServer } from 'ws';

export interface CodexTurn {
  readonly threadId: string;
  readonly text: string;
}

/** Threads in `loaded` take turns at once, others after thread/resume. */
export function codexServer(path: string, loaded: Set<string>, turns: CodexTurn[]): Server {
  const server = createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    // The real one closes connections that offer a compression.
    const { origin, 'sec-websocket-extensions': extensions } = request.headers;
    if (origin !== undefined || extensions !== undefined) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (line) => {
      let isInitialized = false;
      const reply = (message: object) => line.send(JSON.stringify(message));
      line.on('message', (data) => {
        const { id, method, params = {} } = JSON.parse(data.toString());
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
  });
  return server.listen(path);
}
