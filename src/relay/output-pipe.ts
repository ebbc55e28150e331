// Reads the output of a command from its pipe, into buffers that are used again: new ones would be half of the relay's work.
import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';

/** What a pipe holds. */
const BUFFER_BYTES = 64 * 1024;
/** What is smaller is copied, so that many short lines that no client has taken hold no large buffers. */
const COPIED_BYTES = 16 * 1024;
/** More than a relay keeps for one client. */
const FREE_MAX = 32;

/** Output. `recycle`: to call when nothing refers to the content any longer; without the call its memory is freed later. */
export interface Piece {
  readonly content: Buffer;
  readonly recycle: () => void;
}

/** `path`: of a named pipe. The socket closes at the end of the last writer. */
export function readPipe(path: string, onPiece: (piece: Piece) => void): Socket {
  const free: Buffer[] = [];
  const recycle = (buffer: Buffer): void => {
    if (free.length < FREE_MAX) free.push(buffer);
  };
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const onread = {
    buffer: () => free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES),
    callback(bytes: number, buffer: Buffer) {
      const content = buffer.subarray(0, bytes);
      if (bytes > COPIED_BYTES) onPiece({ content, recycle: () => recycle(buffer) });
      else {
        const copy = Buffer.from(content);
        recycle(buffer);
        onPiece({ content: copy, recycle: () => {} });
      }
      return true;
    },
  };
  return new Socket({ fd, readable: true, writable: false, onread } as SocketOptions).resume();
}

/** What a pipe can hold: a writer that is left over must not keep the relay here. */
const DRAIN_MAX_BYTES = 1024 * 1024;

/** Reads at once what is in a pipe. Another reader has it open. */
export function drainPipe(path: string, onContent: (content: Buffer) => void): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (let left = DRAIN_MAX_BYTES; left > 0; ) {
      const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
      const bytes = readSync(fd, buffer);
      if (bytes === 0) return;
      onContent(buffer.subarray(0, bytes));
      left -= bytes;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  } finally {
    closeSync(fd);
  }
}

/** Gives the readers of a pipe an end, unless another process holds it open. Returns false when it has no reader. */
export function endPipe(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

const END_AGAIN_MS = 10;
const END_AGAIN_MAX_MS = 1000;

/**
 * Opening a named pipe that has no writer blocks, as a command does that reads /dev/stdin after the end of its input: gives
 * each such reader the end that a pipe without a name has.
 */
export function keepEnded(path: string, isOver: () => boolean, waitMs = END_AGAIN_MS): void {
  const again = (): void => {
    if (!isOver() && endPipe(path)) keepEnded(path, isOver, Math.min(END_AGAIN_MAX_MS, 2 * waitMs));
  };
  setTimeout(again, waitMs).unref();
}

/** A disk that fails must not keep the client from the end. The file goes with the task. */
export function removePipe(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

/** `onread` works for each socket; the types of Node know it for `connect` alone. */
type SocketOptions = ConstructorParameters<typeof Socket>[0];
