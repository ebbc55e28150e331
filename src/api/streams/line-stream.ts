// An answer of JSON lines (NDJSON) that stays open until it is ended or the client disconnects.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Writing detects a dead connection. */
const KEEP_ALIVE_MS = 15_000;
/** Disconnect a slower client: it reconnects and resumes after the last event it received. */
const MAX_BUFFERED_BYTES = 4 * 1024 ** 2;
/** What all streams of a socket may buffer: each has an equal share. */
const MAX_TOTAL_BYTES = 128 * 1024 ** 2;

/** The streams of an application. */
export type OpenStreams = Set<LineStream>;

/**
 * Ends the streams with `daemon_stopping`, so that no client starts a new daemon. Resolves when all data is sent: fastify
 * closes a connection whose answer is ended as idle.
 */
export async function announceStop(streams: OpenStreams): Promise<void> {
  const open = [...streams];
  const sent = open.map((stream) => stream.isSent());
  for (const stream of open) stream.end({ event: 'daemon_stopping' });
  await Promise.all(sent);
}

/** Takes over the reply at the first line: until then an error can still be the answer. */
export class LineStream {
  readonly #reply: FastifyReply;
  readonly #raw: ServerResponse;
  readonly #open: OpenStreams;
  readonly #closed: () => void;
  readonly #keepAlive: NodeJS.Timeout;

  /** Calls `closed` once, when the stream is ended or the client has disconnected. */
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

  /** Sends the head: the client learns at once that the daemon follows, also when nothing happens. */
  begin(): void {
    if (this.isOpen && !this.#raw.headersSent) this.#take().write('\n');
  }

  write(value: object): void {
    this.writeLine(lineOf(value));
  }

  /** `line`: JSON with its line feed, made once for several streams. */
  writeLine(line: string): void {
    if (!this.isOpen) return;
    this.#take().write(line);
    const most = Math.min(MAX_BUFFERED_BYTES, MAX_TOTAL_BYTES / this.#open.size);
    if (this.#raw.writableLength > most) this.#raw.destroy();
  }

  /** `value` is the last line, sent in one packet with the end. */
  end(value?: object): void {
    if (!this.isOpen) return;
    this.#take().end(value === undefined ? undefined : lineOf(value));
    this.#close();
  }

  /** Closes without a last line. Before the first line the reply stays usable for an error. */
  abort(): void {
    if (this.#raw.headersSent) this.#raw.destroy();
    this.#close();
  }

  /** Resolves when the client has taken most of what was written, or has disconnected. */
  async isDrained(): Promise<void> {
    if (!this.isOpen || !this.#raw.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      this.#raw.once('drain', resolve).once('close', resolve);
    });
  }

  /** Resolves when the last byte is sent or the client has disconnected. */
  isSent(): Promise<void> {
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
