// One stream of the daemon for all open pages: frames and events, sent on as server-sent events.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FrameView } from '../../src/api/schemas/observe/live.ts';
import { lineReader } from '../client/follow.ts';
import { type Frame, Frames, wholeLine } from '../client/frames.ts';
import { send } from '../client/http.ts';

const SILENCE_MS = 30_000;
const RETRY_MS = 500;
/** A page that is this far behind skips frames until it has read what it has; then it gets a whole one. */
const BEHIND_BYTES = 1024 ** 2;
/** A page that reads nothing is disconnected; it connects again. */
const LOST_BYTES = 8 * 1024 ** 2;

/** An event of a task has an id, the cursor has not. The event `ended` contains the task, which a page reads by itself. */
interface EventLine {
  readonly event: string;
  readonly id?: string;
  readonly seq?: number;
  readonly task?: unknown;
}

/** The parts of a response that a stream needs. */
export type Sink = Pick<ServerResponse, 'write' | 'destroy' | 'writableLength'>;

/** Server-sent events have no line breaks within a field; JSON has none either. */
export function sse(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Reads from the daemon only while a page is connected. */
export class LiveFeed {
  readonly #socket: string;
  /** Whether the page has every frame since its last whole one. */
  readonly #sinks = new Map<Sink, { isCurrent: boolean }>();
  #reading: AbortController | null = null;
  #frame: Frame | null = null;
  /** Null until the daemon has answered, or has not. */
  #isUp: boolean | null = null;
  /** Changes with each connection to the daemon, so that a page reads again what it reads on its own. */
  #connection = 0;

  constructor(socket: string) {
    this.#socket = socket;
  }

  get count(): number {
    return this.#sinks.size;
  }

  /** Returns how to remove it again. */
  add(sink: Sink): () => void {
    if (this.#isUp !== null) sink.write(this.#link());
    if (this.#frame !== null) sink.write(sse('frame', wholeLine(this.#frame)));
    this.#sinks.set(sink, { isCurrent: this.#frame !== null });
    if (this.#reading === null) this.#start();
    return () => {
      this.#sinks.delete(sink);
      if (this.#sinks.size === 0) this.close();
    };
  }

  close(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.#frame = null;
    this.#isUp = null;
  }

  #start(): void {
    const reading = new AbortController();
    this.#reading = reading;
    const frames = (): ((line: string) => void) => {
      const connection = new Frames();
      let isFirst = true;
      return (line) => {
        const value = JSON.parse(line) as FrameView | { readonly event: 'daemon_stopping' };
        if (value.event !== 'frame') return;
        if (isFirst) this.#connection += 1;
        this.#report(true, isFirst);
        isFirst = false;
        this.#frame = connection.take(value);
        this.#sendFrame(line, this.#frame);
      };
    };
    let since = '';
    const events =
      () =>
      (line: string): void => {
        const { task: _, ...event } = JSON.parse(line) as EventLine;
        if (event.seq !== undefined) since = `&since=${event.seq}`;
        if (event.seq !== undefined && event.id !== undefined) this.#sendAll(sse('event', event));
      };
    void this.#read(() => '/v1/live', frames, reading.signal);
    void this.#read(() => `/v1/events?follow=1${since}`, events, reading.signal);
  }

  /** Connects again after every end. It never starts a daemon: the user may have stopped it. */
  async #read(path: () => string, reader: () => (line: string) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const request = {
          method: 'GET',
          path: path(),
          timeoutMs: SILENCE_MS,
          onData: lineReader(reader()),
          signal,
        } as const;
        const { status } = await send(this.#socket, request);
        if (status >= 400) this.#report(false);
      } catch {
        if (!signal.aborted) this.#report(false);
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  #link(): string {
    return sse('link', { up: this.#isUp, connection: this.#connection });
  }

  #report(isUp: boolean, isNew = false): void {
    if (isUp === this.#isUp && !isNew) return;
    this.#isUp = isUp;
    this.#sendAll(this.#link());
  }

  /** `line`: as the daemon sent it, what changed. */
  #sendFrame(line: string, frame: Frame): void {
    const news = `event: frame\ndata: ${line}\n\n`;
    let whole: string | null = null;
    for (const [sink, state] of this.#sinks) {
      const isBehind = sink.writableLength > BEHIND_BYTES;
      if (!isBehind && !state.isCurrent) whole ??= sse('frame', wholeLine(frame));
      if (!isBehind) sink.write(state.isCurrent ? news : (whole ?? news));
      state.isCurrent = !isBehind;
    }
  }

  #sendAll(text: string): void {
    for (const sink of this.#sinks.keys()) {
      if (sink.writableLength > LOST_BYTES) sink.destroy();
      else sink.write(text);
    }
  }
}
