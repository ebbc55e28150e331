// What a client was sent and has not passed on yet. The next client gets it first.
import type { StreamKind } from './frames.ts';
import type { Frame } from './spool.ts';

interface Waiting {
  /** In the order of all streams. */
  readonly order: number;
  readonly frame: Frame;
}

interface Stream {
  waiting: Waiting[];
  /** Bytes of messages that were taken whole. */
  forgottenBytes: number;
  /** Of all messages to this client. */
  takenBytes: number;
}

export class Sent {
  readonly #streams = new Map<number, Stream>();
  #order = 0;
  #bytes = 0;

  /** Of the messages that are not taken whole. */
  get bytes(): number {
    return this.#bytes;
  }

  add(frame: Frame): void {
    this.#order += 1;
    this.#streamOf(frame.kind).waiting.push({ order: this.#order, frame });
    this.#bytes += frame.content.length;
  }

  /** The client has passed on the first `bytes` of what it got of the stream. */
  take(kind: StreamKind, bytes: number): void {
    const stream = this.#streamOf(kind);
    stream.takenBytes = bytes;
    let whole = 0;
    for (const { frame } of stream.waiting) {
      const { length } = frame.content;
      if (stream.forgottenBytes + length > bytes) break;
      stream.forgottenBytes += length;
      this.#bytes -= length;
      frame.recycle?.();
      whole += 1;
    }
    stream.waiting.splice(0, whole);
  }

  /** The client is gone: returns what it has not passed on. The next one counts from its own beginning. */
  takeBack(): Frame[] {
    const left: Waiting[] = [];
    for (const { waiting, forgottenBytes, takenBytes } of this.#streams.values()) {
      let done = takenBytes - forgottenBytes;
      for (const { order, frame } of waiting) {
        const content = frame.content.subarray(done);
        done = Math.max(0, done - frame.content.length);
        if (content.length > 0) left.push({ order, frame: { kind: frame.kind, content } });
      }
    }
    this.#streams.clear();
    this.#bytes = 0;
    return left.sort((a, b) => a.order - b.order).map(({ frame }) => frame);
  }

  #streamOf(kind: number): Stream {
    const known = this.#streams.get(kind);
    if (known !== undefined) return known;
    const stream: Stream = { waiting: [], forgottenBytes: 0, takenBytes: 0 };
    this.#streams.set(kind, stream);
    return stream;
  }
}
