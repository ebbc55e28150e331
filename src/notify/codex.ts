// Starts a turn in a thread of Codex, by the protocol of its app-server: JSON-RPC without the `jsonrpc` member, one message a
// WebSocket frame. https://developers.openai.com/codex/app-server
import { type Endpoint, openWebSocket } from './websocket.ts';

export interface CodexThread {
  readonly endpoint: Endpoint;
  /** For a server with --ws-auth; null: it has none. */
  readonly token: string | null;
  readonly thread: string;
}

interface Answer {
  readonly id?: unknown;
  readonly error?: { readonly message?: string };
}

/** Resolves when the server has accepted the turn. The turn itself may take hours. */
export async function startTurn(
  { endpoint, token, thread }: CodexThread,
  text: string,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Map<unknown, PromiseWithResolvers<Answer>>();
  const line = await openWebSocket(
    endpoint,
    token,
    {
      onText(message) {
        const answer = JSON.parse(message) as Answer & { readonly method?: string };
        // Events and requests of the server are for the client that shows the thread.
        if (answer.method === undefined) waiting.get(answer.id)?.resolve(answer);
      },
      onClosed() {
        for (const { reject } of waiting.values()) reject(new Error('the server closed the connection'));
      },
    },
    signal,
  );
  const ask = async (method: string, params: object): Promise<string | null> => {
    const id = waiting.size;
    const answer = Promise.withResolvers<Answer>();
    waiting.set(id, answer);
    line.send(JSON.stringify({ id, method, params }));
    const { error } = await answer.promise;
    return error === undefined ? null : `${method}: ${error.message ?? 'refused'}`;
  };
  const start = () => ask('turn/start', { threadId: thread, input: [{ type: 'text', text }] });
  try {
    const clientInfo = { name: 'babysit', title: 'babysit', version };
    const refusal = await ask('initialize', { clientInfo });
    if (refusal !== null) throw new Error(refusal);
    line.send(JSON.stringify({ method: 'initialized' }));
    // A thread that no client uses is not loaded.
    const fault = (await start()) && ((await ask('thread/resume', { threadId: thread })) ?? (await start()));
    if (fault !== null) throw new Error(fault);
  } finally {
    line.close();
  }
}
