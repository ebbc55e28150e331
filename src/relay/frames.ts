// The messages between the relay and its clients: one byte for the kind, four for the length, then the content.

/** The numbers are the first byte of a message. */
export const KIND = {
  /** From a client: JSON of Hello. To a daemon: JSON of Greeting. */
  hello: 1,
  /** To a client: the pipes are open, JSON of Ready. */
  ready: 2,
  /** Output of the task. */
  out: 3,
  err: 4,
  /** From a client: it has passed on this much of a stream. One byte for the stream, then a double. */
  taken: 5,
  /** From a client: JSON of Wish. */
  wish: 6,
  /** To a client: the output is complete and the command has ended, JSON of End. Nothing follows. */
  end: 7,
  /** To a client: JSON of the number of bytes that are missing at this place of the output. */
  gap: 8,
  /** To a client: why it cannot attach, as text. Nothing follows. */
  refused: 9,
  /** To a client: its command has stopped, and its task is paused until the client sends SIGCONT. No content. */
  stopped: 10,
  /** To a client: the command has got its signal. JSON of the number. */
  signaled: 11,
} as const;
export type StreamKind = typeof KIND.out | typeof KIND.err;

export interface ClientHello {
  readonly role: 'client';
  readonly task: string;
  /** Or the next attempt, where the command of this one never started. */
  readonly attempt: number;
  readonly tie?: boolean;
  /** The task has a terminal of its own. */
  readonly hasTerminal?: boolean;
}

export type Hello =
  | ClientHello
  /** Sends wishes only. */
  | { readonly role: 'sender'; readonly task: string; readonly attempt: number }
  /** The daemon lists its live attempts. */
  | { readonly role: 'daemon' };

export interface Greeting {
  readonly pid: number;
}

export interface Ready {
  /** Path of the pipe that is the task's standard input; null when a client cannot write to it. */
  readonly stdin: string | null;
  /** Paths of the pipes of its output that the relay reads. */
  readonly outputs: readonly { readonly stream: StreamKind; readonly path: string }[];
}

export type Wish =
  /** The client repeats it, with its number, to the next relay until it is confirmed. */
  | { readonly wish: 'signal'; readonly signal: string; readonly number: number }
  | { readonly wish: 'resize'; readonly columns: number; readonly rows: number }
  /** The client closes the task's standard input. */
  | { readonly wish: 'close_stdin' }
  /** The client's own reader is gone. */
  | { readonly wish: 'close'; readonly stream: StreamKind }
  /** From the daemon. */
  | { readonly wish: 'open'; readonly task: string; readonly attempt: number }
  | { readonly wish: 'over'; readonly task: string; readonly attempt: number };

export interface End {
  /** Null when the command has no exit of its own: it never started, or it was lost. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly startFailed: string | null;
}

export const HEAD_BYTES = 5;
/** A longer message is not of this protocol. */
const MAX_BYTES = 16 * 1024 ** 2;

export function head(kind: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  bytes[0] = kind;
  bytes.writeUInt32LE(length, 1);
  return bytes;
}

export function jsonFrame(kind: number, value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  return Buffer.concat([head(kind, text.length), text]);
}

export function takenFrame(stream: StreamKind, bytes: number): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 9);
  frame[0] = KIND.taken;
  frame.writeUInt32LE(9, 1);
  frame[HEAD_BYTES] = stream;
  frame.writeDoubleLE(bytes, HEAD_BYTES + 1);
  return frame;
}

export function readTaken(content: Buffer): { readonly stream: StreamKind; readonly bytes: number } {
  return { stream: content[0] as StreamKind, bytes: content.readDoubleLE(1) };
}

/**
 * Returns a function that takes chunks of a connection. `onPart` gets the content of output messages in pieces as they
 * come, `onFrame` every other message whole. Throws when the bytes are not of this protocol.
 */
export function frameReader(
  onFrame: (kind: number, content: Buffer) => void,
  onPart: ((stream: StreamKind, part: Buffer) => void) | null,
): (chunk: Buffer) => void {
  const first = Buffer.allocUnsafe(HEAD_BYTES);
  let have = 0;
  let kind = 0;
  let left = 0;
  let pieces: Buffer[] = [];
  const isPartial = () => onPart !== null && (kind === KIND.out || kind === KIND.err);

  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (have < HEAD_BYTES) {
        const copied = chunk.copy(first, have, at, at + HEAD_BYTES - have);
        have += copied;
        at += copied;
        if (have < HEAD_BYTES) return;
        kind = first[0] ?? 0;
        left = first.readUInt32LE(1);
        if (left > MAX_BYTES) throw new Error('a message is too long');
      } else {
        const part = chunk.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        if (isPartial()) onPart?.(kind as StreamKind, part);
        // The chunk may be reused by the caller.
        else pieces.push(left === 0 && pieces.length === 0 ? part : Buffer.from(part));
      }
      if (left > 0) continue;
      have = 0;
      if (isPartial()) continue;
      const [only] = pieces;
      const content = pieces.length === 1 && only ? only : Buffer.concat(pieces);
      pieces = [];
      onFrame(kind, content);
    }
  };
}
