// A connection to a WebSocket server (RFC 6455) for short text messages, over a Unix socket or TCP.

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

const MAX_BYTES = 16 * 1024 ** 2;

/** Rejects when the server does not answer or does not speak the protocol. */
export async function openWebSocket(
  endpoint: Endpoint,
  token: string | null,
  listener: Listener,
  signal: AbortSignal,
): Promise<WebSocketLine> {
  // Loaded with the first message: most daemons have no such target.
  const { WebSocket } = await import('ws');
  const { promise, resolve, reject } = Promise.withResolvers<WebSocketLine>();
  const socket = new WebSocket(addressOf(endpoint), {
    // The app-server of Codex refuses a client that offers a compression.
    perMessageDeflate: false,
    maxPayload: MAX_BYTES,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort);
  // Before the connection opens, the error is the reason for the failure. Later, `close` reports the end.
  socket.on('error', reject);
  socket.on('message', (data) => listener.onText(data.toString()));
  socket.on('close', () => {
    signal.removeEventListener('abort', abort);
    listener.onClosed();
  });
  if (signal.aborted) abort();
  socket.on('open', () => resolve({ send: (text) => socket.send(text), close: () => socket.close() }));
  return promise;
}

function addressOf(endpoint: Endpoint): string {
  return endpoint.startsWith('unix://') ? `ws+unix:${endpoint.slice('unix://'.length)}:/` : endpoint;
}
