// An answer that goes on, one JSON object a line (NDJSON), until it is ended or its reader hangs up.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Keeps a half-dead connection from looking alive for ever. */
const KEEP_ALIVE_MS = 15_000;
/** A reader this far behind is dropped; it reconnects and resumes after the last event it has seen. */
const MAX_BUFFERED_BYTES = 4 * 1024 ** 2;

/** Ended with a word of farewell when the daemon stops, so that the reader does not start another. */
export type OpenStreams = Set<LineStream>;

/** Resolves when all of it has left: a connection whose answer is ended counts as idle, and would be cut off. */
export async function sayFarewell(streams: OpenStreams): Promise<void> {
  const open = [...streams];
  const left = open.map((stream) => stream.hasLeft());
  for (const stream of open) stream.end({ event: 'daemon_stopping' });
  await Promise.all(left);
}

/** Until its first line the reply may still become another, such as an error. */
export class LineStream {
  readonly #reply: FastifyReply;
  readonly #raw: ServerResponse;
  readonly #open: OpenStreams;
  readonly #closed: () => void;
  readonly #keepAlive: NodeJS.Timeout;

  /** `closed` is called once: nobody reads it any more, or all has been said. */
  constructor(reply: FastifyReply, open: OpenStreams, closed: () => void) {
    this.#reply = reply;
    this.#raw = reply.raw;
    this.#open = open;
    this.#closed = closed;
    this.#keepAlive = setInterval(() => this.#take().write('\n'), KEEP_ALIVE_MS);
    open.add(this);
    this.#raw.once('close', () => this.#close());
  }

  get isOpen(): boolean {
    return this.#open.has(this);
  }

  tell(value: object): void {
    if (!this.isOpen) return;
    this.#take().write(lineOf(value));
    if (this.#raw.writableLength > MAX_BUFFERED_BYTES) this.#raw.destroy();
  }

  /** With a last line, which then leaves together with the end. */
  end(value?: object): void {
    if (!this.isOpen) return;
    this.#take().end(value === undefined ? undefined : lineOf(value));
    this.#close();
  }

  /** Nothing more can be told. Before the first line the reply is free for an error. */
  abort(): void {
    if (this.#raw.headersSent) this.#raw.destroy();
    this.#close();
  }

  /** Settled when the last byte has been handed over, or the reader has hung up. */
  hasLeft(): Promise<void> {
    return new Promise((resolve) => this.#raw.once('close', resolve));
  }

  #take(): ServerResponse {
    if (!this.#raw.headersSent) {
      this.#reply.hijack();
      this.#raw.setHeader('content-type', 'application/x-ndjson');
    }
    return this.#raw;
  }

  #close(): void {
    if (!this.#open.delete(this)) return;
    clearInterval(this.#keepAlive);
    this.#closed();
  }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
