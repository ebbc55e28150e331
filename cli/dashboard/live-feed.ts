// One stream of the daemon for all open pages: frames and events, sent on as server-sent events.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FrameView } from '../../src/api/schemas/observe/live.ts';
import { lineReader } from '../client/follow.ts';
import { send } from '../client/http.ts';
import { frameOf } from './frame.ts';

const SILENCE_MS = 30_000;
const RETRY_MS = 500;
/** A page that is this far behind skips frames until it has read what it has. */
const BEHIND_BYTES = 1024 ** 2;
/** A page that reads nothing is disconnected; it connects again. */
const LOST_BYTES = 8 * 1024 ** 2;

/** The parts of a response that a stream needs. */
export type Sink = Pick<ServerResponse, 'write' | 'destroy' | 'writableLength'>;

/** Server-sent events have no line breaks within a field; JSON has none either. */
export function sse(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Reads from the daemon only while a page is connected. */
export class LiveFeed {
  readonly #socket: string;
  readonly #sinks = new Set<Sink>();
  #reading: AbortController | null = null;
  #lastFrame: string | null = null;
  #isUp = true;

  constructor(socket: string) {
    this.#socket = socket;
  }

  get count(): number {
    return this.#sinks.size;
  }

  /** Returns how to remove it again. */
  add(sink: Sink): () => void {
    this.#sinks.add(sink);
    sink.write(sse('link', { up: this.#isUp }));
    if (this.#lastFrame !== null) sink.write(this.#lastFrame);
    if (this.#reading === null) this.#start();
    return () => {
      this.#sinks.delete(sink);
      if (this.#sinks.size === 0) this.close();
    };
  }

  close(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.#lastFrame = null;
    this.#isUp = true;
  }

  #start(): void {
    const reading = new AbortController();
    this.#reading = reading;
    const frames = (line: string): void => {
      const value = JSON.parse(line) as { readonly event: string };
      if (value.event !== 'frame') return;
      this.#report(true);
      this.#lastFrame = sse('frame', frameOf(value as FrameView));
      this.#sendAll(this.#lastFrame, BEHIND_BYTES);
    };
    const events = (line: string): void => {
      const { task: _, ...event } = JSON.parse(line) as { readonly event: string; readonly task?: unknown };
      if ('seq' in event && 'id' in event) this.#sendAll(sse('event', event), LOST_BYTES);
    };
    void this.#read('/v1/live', frames, reading.signal);
    void this.#read('/v1/events?follow=1', events, reading.signal);
  }

  /** Connects again after every end. It never starts a daemon: the user may have stopped it. */
  async #read(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const request = {
          method: 'GET',
          path,
          timeoutMs: SILENCE_MS,
          onData: lineReader(onLine),
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

  #report(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#sendAll(sse('link', { up: isUp }), LOST_BYTES);
  }

  #sendAll(text: string, mostBehind: number): void {
    for (const sink of this.#sinks) {
      if (sink.writableLength > LOST_BYTES) sink.destroy();
      else if (sink.writableLength <= mostBehind) sink.write(text);
    }
  }
}
