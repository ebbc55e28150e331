// Writes the relayed output to the log writer of the attempt. Never lets a client wait for the disk.
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** More than this waits for the log writer: the disk is slower than the command. */
const QUEUE_BYTES = 8 * 1024 ** 2;
/** With a client, a log gets this much at once and then this much a second: copying all of a flood would slow it down. */
const BURST_BYTES = 64 * 1024 ** 2;
const BYTES_PER_MS = (16 * 1024 ** 2) / 1000;

/** Null without a log writer, which ends with its attempt: what is written would wait in the pipe without an end. */
export function openLogPipe(path: string, onDrain: () => void): LogPipe | null {
  let probe: number;
  try {
    probe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENXIO', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code))) return null;
    throw error;
  }
  try {
    return new LogPipe(path, onDrain);
  } finally {
    closeSync(probe);
  }
}

export class LogPipe {
  readonly #socket: Socket;
  readonly #onDrain: () => void;
  #droppedBytes = 0;
  #allowedBytes = BURST_BYTES;
  #allowedAt = performance.now();

  constructor(path: string, onDrain: () => void) {
    this.#onDrain = onDrain;
    // For reading as well: a log writer that is being replaced must not break the pipe.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#socket.on('drain', () => this.#onDrain());
  }

  get isFull(): boolean {
    return this.#socket.writableLength > QUEUE_BYTES;
  }

  /** `mayDrop`: a client gets the output, so the log may miss some of it. Held: the content is still needed. */
  write(content: Buffer, mayDrop: boolean): 'held' | 'done' {
    if (mayDrop && !this.#isAllowed(content.length)) {
      this.#droppedBytes += content.length;
      return 'done';
    }
    this.#mark();
    this.#socket.write(content);
    return this.#socket.writableLength > 0 ? 'held' : 'done';
  }

  close(onWritten: () => void): void {
    this.#mark();
    this.#socket.once('close', onWritten);
    this.#socket.end(() => this.#socket.destroy());
  }

  /** After a piece was left out, some room must be free first: each gap costs a mark. */
  #isAllowed(bytes: number): boolean {
    const now = performance.now();
    this.#allowedBytes = Math.min(BURST_BYTES, this.#allowedBytes + (now - this.#allowedAt) * BYTES_PER_MS);
    this.#allowedAt = now;
    const needed = this.#droppedBytes > 0 ? BURST_BYTES / 4 : bytes;
    if (this.isFull || this.#allowedBytes < needed) return false;
    this.#allowedBytes -= bytes;
    return true;
  }

  #mark(): void {
    if (this.#droppedBytes === 0) return;
    const bytes = this.#droppedBytes;
    this.#droppedBytes = 0;
    this.#socket.write(
      `\n[babysit: ${bytes} bytes of output are missing here: the command printed faster than the log is written]\n`,
    );
  }
}
