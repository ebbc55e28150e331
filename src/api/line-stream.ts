// An answer that goes on, one JSON object a line (NDJSON), until it is ended or its reader hangs up.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Keeps a half-dead connection from looking alive for ever. */
const KEEP_ALIVE_MS = 15_000;
/** A reader this far behind is dropped; it reconnects and resumes after the last event it has seen. */
const MAX_BUFFERED_BYTES = 4 * 1024 ** 2;

/** Ended with a word of farewell when the daemon stops, so that the reader does not start another. */
export type OpenStreams = Set<LineStream>;

export function sayFarewell(streams: OpenStreams): void {
  for (const stream of streams) stream.end({ event: 'daemon_stopping' });
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
