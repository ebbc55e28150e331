// Passes output on to a standard stream, and reports each byte only after it has left this process.
import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** The kernel writes at most this much to a pipe as a whole: a killed client has written all of it or nothing. */
const ATOMIC_BYTES = 4096;
const REPORT_BYTES = 32 * 1024;

export class Writer {
  readonly #fd: number;
  readonly #onTaken: (bytes: number) => void;
  readonly #onClosed: (error: NodeJS.ErrnoException) => void;
  /** The same pipe or terminal, opened again: only this descriptor does not block. Null: the stream cannot be. */
  readonly #unblocked: number | null;
  readonly #isDirect: boolean;
  #queue: Buffer[] = [];
  #isWaiting = false;
  #takenBytes = 0;
  #reportedBytes = 0;
  #isReporting = false;
  #isBroken = false;

  /** `onTaken`: the sum of bytes that are written. `onClosed`: the stream takes no more; all later output counts as written. */
  constructor(
    fd: number,
    onTaken: (bytes: number) => void,
    onClosed: (error: NodeJS.ErrnoException) => void,
  ) {
    this.#fd = fd;
    this.#onTaken = onTaken;
    this.#onClosed = onClosed;
    this.#isDirect = isSeekable(fd);
    this.#unblocked = this.#isDirect ? null : openAgain(fd);
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isWaiting;
  }

  /** `part` may be reused after the call. */
  write(part: Buffer): void {
    let rest = part;
    if (this.isIdle) rest = rest.subarray(this.#writeNow(rest));
    if (rest.length === 0) return;
    this.#queue.push(Buffer.from(rest));
    this.#wait();
  }

  close(): void {
    if (this.#unblocked !== null) closeSync(this.#unblocked);
  }

  /** Returns how much it has written without waiting. */
  #writeNow(bytes: Buffer): number {
    let done = 0;
    const fd = this.#isDirect ? this.#fd : this.#unblocked;
    while (done < bytes.length) {
      if (this.#isBroken) {
        this.#take(bytes.length - done);
        return bytes.length;
      }
      if (fd === null) break;
      const written = this.#tryWrite(fd, bytes, done);
      if (written === null) break;
      done += written;
      this.#take(written);
    }
    return done;
  }

  /** Null when the stream is full. A full stream is frequent: its error needs no stack. */
  #tryWrite(fd: number, bytes: Buffer, from: number): number | null {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return writeSync(fd, bytes, from, bytes.length - from);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
      this.#break(error as NodeJS.ErrnoException);
      return 0;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  /** Waits in another thread until the stream takes more, so that signals still arrive here. */
  #wait(): void {
    if (this.#isWaiting) return;
    const [first] = this.#queue;
    if (first === undefined) return;
    this.#isWaiting = true;
    write(this.#fd, first, 0, Math.min(first.length, ATOMIC_BYTES), null, (error, written) => {
      this.#isWaiting = false;
      if (error !== null && error.code !== 'EAGAIN') this.#break(error);
      else if (error === null) {
        this.#take(written);
        this.#queue[0] = first.subarray(written);
      }
      this.#advance();
    });
  }

  #advance(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const rest = first.subarray(this.#writeNow(first));
      if (rest.length > 0) {
        this.#queue[0] = rest;
        this.#wait();
        return;
      }
      this.#queue.shift();
    }
  }

  /** Reports a large piece at once, and small ones together at the end of this turn. */
  #take(bytes: number): void {
    this.#takenBytes += bytes;
    if (bytes >= REPORT_BYTES) {
      this.#report();
      return;
    }
    if (this.#isReporting) return;
    this.#isReporting = true;
    queueMicrotask(() => {
      this.#isReporting = false;
      this.#report();
    });
  }

  #report(): void {
    if (this.#reportedBytes === this.#takenBytes) return;
    this.#reportedBytes = this.#takenBytes;
    this.#onTaken(this.#takenBytes);
  }

  #break(error: NodeJS.ErrnoException): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#onClosed(error);
  }
}

/** Opened again, it would be written from its beginning. */
function isSeekable(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || stat.isBlockDevice();
  } catch {
    return false;
  }
}

/** Fails for a socket, and without /proc. */
function openAgain(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}
