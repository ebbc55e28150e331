// Keeps the output that no client has taken in a file next to the attempt, as messages of the relay.
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { HEAD_BYTES, head } from './frames.ts';

export interface Frame {
  readonly kind: number;
  readonly content: Buffer;
  /** Absent where something else may refer to the content. */
  readonly recycle?: () => void;
}

export class Spool {
  readonly #path: string;
  #fd: number | null = null;
  #readAt = 0;
  #size = 0;
  /** In front of the file, which could not be written. */
  #front: Frame[] = [];
  #lostBytes = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#open('r+');
    } catch {
      // No client has left anything behind.
    }
  }

  get isEmpty(): boolean {
    return this.unreadBytes === 0;
  }

  get unreadBytes(): number {
    const inMemory = this.#front.reduce((sum, { content }) => sum + HEAD_BYTES + content.length, 0);
    return inMemory + Math.max(0, this.#size - this.#readAt);
  }

  /** Returns false when the disk is full. */
  append({ kind, content }: Frame): boolean {
    try {
      const fd = this.#fd ?? this.#open('w+');
      const bytes = Buffer.concat([head(kind, content.length), content]);
      for (let done = 0; done < bytes.length; )
        done += writeSync(fd, bytes, done, bytes.length - done, this.#size + done);
      this.#size += bytes.length;
      return true;
    } catch {
      return false;
    }
  }

  /** The next message; null at the end, and when the rest of the file cannot be read: see `takeLost`. */
  next(): Frame | null {
    const front = this.#front.shift();
    if (front !== undefined) return front;
    if (this.#fd === null || this.isEmpty) return null;
    const frame = this.#read(this.#fd);
    if (frame !== null) return frame;
    this.#lostBytes += this.#size - this.#readAt;
    this.#readAt = this.#size;
    return null;
  }

  /** Null for a message that is cut or damaged, and when the disk fails. */
  #read(fd: number): Frame | null {
    try {
      const first = this.#bytes(fd, HEAD_BYTES, this.#readAt);
      const length = first?.readUInt32LE(1) ?? 0;
      const content = first === null ? null : this.#bytes(fd, length, this.#readAt + HEAD_BYTES);
      if (content === null) return null;
      this.#readAt += HEAD_BYTES + length;
      return { kind: first?.[0] ?? 0, content };
    } catch {
      return null;
    }
  }

  #bytes(fd: number, length: number, at: number): Buffer | null {
    if (at + length > this.#size) return null;
    const bytes = Buffer.allocUnsafe(length);
    return readSync(fd, bytes, 0, length, at) < length ? null : bytes;
  }

  /** How much could not be read, once. */
  takeLost(): number {
    const lost = this.#lostBytes;
    this.#lostBytes = 0;
    return lost;
  }

  /** Puts messages that were read, or never written, in front of the others. */
  unread(frames: readonly Frame[]): void {
    if (frames.length === 0) return;
    const [front, readAt, lostBytes] = [[...frames, ...this.#front], this.#readAt, this.#lostBytes];
    this.#front = [...front];
    // The disk may be full, or no descriptor is left. Only a relay that is killed loses what stays in memory.
    if (!this.#rewrite()) [this.#front, this.#readAt, this.#lostBytes] = [front, readAt, lostBytes];
  }

  #rewrite(): boolean {
    const temporary = `${this.#path}.new`;
    try {
      rmSync(temporary, { force: true });
      const whole = new Spool(temporary);
      for (let frame = this.next(); frame !== null; frame = this.next())
        if (!whole.append(frame)) {
          whole.clear();
          return false;
        }
      renameSync(temporary, this.#path);
      this.#close();
      [this.#fd, this.#size, this.#readAt] = [whole.#fd, whole.#size, 0];
      return true;
    } catch {
      return false;
    }
  }

  /** Call when all of it was taken. */
  clear(): void {
    if (this.#fd === null) return;
    this.#readAt = 0;
    this.#size = 0;
    try {
      this.#close();
      rmSync(this.#path, { force: true });
    } catch {
      // The disk fails. The file goes with the task.
    }
  }

  #open(flags: 'r+' | 'w+'): number {
    const fd = openSync(this.#path, flags, 0o600);
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
    return fd;
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) closeSync(fd);
  }
}
