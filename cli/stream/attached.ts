// Makes this command the standard streams of a task: passes its input, output and signals until the task ends.
import { closeSync, constants as fileConstants, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { isatty } from 'node:tty';
import {
  type End,
  frameReader,
  type Hello,
  jsonFrame,
  KIND,
  type Ready,
  type StreamKind,
  takenFrame,
  type Wish,
} from '../../src/relay/frames.ts';
import { uptimeMs } from '../client/http.ts';
import { onReaderGone } from '../output/reader-gone.ts';
import { standardInput } from './standard-input.ts';
import { TerminalShare } from './terminal-share.ts';
import { Writer } from './writer.ts';

export interface Attachment {
  readonly socketPath: string;
  readonly task: string;
  readonly name: string;
  readonly attempt: number;
  /** End the task when this client is lost. */
  readonly tie: boolean;
  /** The task has a terminal of its own. */
  readonly hasTerminal: boolean;
  /** Pass standard input. */
  readonly withStdin: boolean;
  onReady(): void;
  /** The command was stopped, and its task is paused until `resume`. */
  onStopped(): void;
  /** That much output is lost before the next byte. */
  onGap(bytes: number): void;
  /** Input is missing, or output is lost. */
  onFailed(fd: number, error: Error): void;
}

export interface Attached {
  /** The end of the command; null after `detach`. */
  readonly end: Promise<End | { readonly refused: string; readonly hint?: string } | null>;
  /** The task has started: a relay that does not answer is lost from now on. */
  expect(): void;
  signal(signal: string): void;
  /** Gives the terminal back, before this process stops. Returns true when its keys went to the task. */
  release(): boolean;
  /** After `release`: takes the terminal again as soon as this process is in the foreground, and continues the command. */
  resume(): void;
  /** Stops passing. The task keeps running. */
  detach(): void;
}

const CHUNK_BYTES = 256 * 1024;
const RETRY_MS = 5;
const RETRY_MAX_MS = 250;
/** The daemon starts the relay with a task, and again when it ends. */
const GIVE_UP_MS = 30_000;

export function attach(attachment: Attachment): Attached {
  const { socketPath, task, name, attempt, tie, withStdin, hasTerminal } = attachment;
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  /** The other end is gone; EIO: the terminal. */
  const isEnd = ({ code }: NodeJS.ErrnoException, fd: number): boolean =>
    code === 'EPIPE' || code === 'ECONNRESET' || (code === 'EIO' && terminals.includes(fd));
  let connection: Socket | null = null;
  let isOver = false;
  let isReady = false;
  /** By number: sent, and not confirmed by the relay, which may have ended. */
  const signals = new Map<number, string>();
  let signalCount = 0;
  /** A queued task may have no relay, however long it waits. */
  let isExpected = false;
  let isStdinClosed = false;
  let delayMs = RETRY_MS;
  let lostAt = 0;
  let terminal: TerminalShare | null = null;
  const watched = new Set<StreamKind>();
  /** The reader is gone. */
  const closed = new Set<StreamKind>();
  /** Read ends of the pipes of the output; the relay reads them. */
  const held = new Map<StreamKind, number>();
  let finish: (end: Awaited<Attached['end']>) => void = () => {};
  const end = new Promise<Awaited<Attached['end']>>((resolve) => {
    finish = (value) => {
      if (isOver) return;
      isOver = true;
      terminal?.release();
      for (const stream of held.keys()) letGo(stream);
      connection?.destroy();
      resolve(value);
    };
  });

  /** Without a connection it is for `connect` and `start` to send it. */
  function send(kind: number, value: Hello | Wish): void {
    if (connection?.connecting === false) connection.write(jsonFrame(kind, value));
  }

  function reach(): void {
    const writers = new Map<StreamKind, Writer>();
    let ended: End | null = null;
    let isConnected = false;
    const writerOf = (stream: StreamKind): Writer => {
      const known = writers.get(stream);
      if (known !== undefined) return known;
      const fd = descriptorOf(stream);
      const writer = new Writer(
        fd,
        (bytes) => {
          socket.write(takenFrame(stream, bytes));
        },
        (error) => {
          if (!isEnd(error, fd)) attachment.onFailed(fd, error);
          close(stream);
        },
      );
      writers.set(stream, writer);
      watchReader(stream);
      return writer;
    };
    const onFrame = (kind: number, content: Buffer): void => {
      if (kind === KIND.ready) start(JSON.parse(content.toString()) as Ready);
      else if (kind === KIND.gap) attachment.onGap(Number(content.toString()));
      else if (kind === KIND.end) ended = JSON.parse(content.toString()) as End;
      else if (kind === KIND.stopped) attachment.onStopped();
      else if (kind === KIND.signaled) signals.delete(Number(content.toString()));
      else if (kind === KIND.refused) finish({ refused: content.toString() });
    };
    const read = frameReader(onFrame, (stream, part) => writerOf(stream).write(part));
    const socket = connect({
      path: socketPath,
      onread: {
        buffer: Buffer.allocUnsafeSlow(CHUNK_BYTES),
        callback: (bytes, buffer) => {
          read((buffer as Buffer).subarray(0, bytes));
          return true;
        },
      },
    });
    connection = socket;
    socket.on('connect', () => {
      delayMs = RETRY_MS;
      isConnected = true;
      send(KIND.hello, { role: 'client', task, attempt, tie, hasTerminal });
      for (const [number, signal] of signals) send(KIND.wish, { wish: 'signal', signal, number });
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const writer of writers.values()) writer.close();
      if (ended !== null) return finish(ended);
      if (isOver) return;
      if (isConnected) lostAt = uptimeMs();
      if (isExpected && uptimeMs() - lostAt > GIVE_UP_MS) return giveUp();
      setTimeout(reach, delayMs);
      delayMs = Math.min(RETRY_MAX_MS, delayMs * 2);
    });
  }

  function giveUp(): void {
    const refused = `the relay has not answered for ${GIVE_UP_MS / 1000} s, so ${name} is left without a client`;
    finish({ refused, hint: `babysit attach ${name}` });
  }

  function expect(): void {
    if (!isExpected) lostAt = uptimeMs();
    isExpected = true;
  }

  function start(ready: Ready): void {
    const showsTerminal = hasTerminal && isatty(1);
    if (isReady) {
      // A new relay has opened the standard input again, and the earlier one may not have got the size.
      if (isStdinClosed) send(KIND.wish, { wish: 'close_stdin' });
      for (const stream of closed) close(stream);
      if (showsTerminal) resize();
      return;
    }
    isReady = true;
    expect();
    hold(ready);
    attachment.onReady();
    const pipe = ready.stdin !== null && withStdin ? openPipe(ready.stdin) : null;
    if (pipe !== null) passInput(pipe);
    if (showsTerminal) process.stdout.on('resize', resize);
    terminal = new TerminalShare({
      showsTerminal,
      stdin: isatty(0) ? pipe : null,
      onTaken: showsTerminal ? resize : () => {},
    });
    terminal.take();
  }

  /** A command that writes while a killed relay is replaced would get SIGPIPE. */
  function hold({ outputs }: Ready): void {
    for (const { stream, path } of outputs)
      try {
        held.set(stream, openSync(path, fileConstants.O_RDONLY | fileConstants.O_NONBLOCK));
      } catch {
        // The task has ended.
      }
  }

  /** After its first output: a command that has not opened the pipe yet would wait for a reader. */
  function watchReader(stream: StreamKind): void {
    if (watched.has(stream)) return;
    watched.add(stream);
    onReaderGone(descriptorOf(stream), () => close(stream));
  }

  /** The command gets SIGPIPE, as without babysit. */
  function close(stream: StreamKind): void {
    closed.add(stream);
    letGo(stream);
    send(KIND.wish, { wish: 'close', stream });
  }

  function letGo(stream: StreamKind): void {
    const fd = held.get(stream);
    held.delete(stream);
    if (fd !== undefined) closeSync(fd);
  }

  function passInput(pipe: Socket): void {
    const stdin = standardInput();
    // The command has closed its standard input, or has ended.
    pipe.on('error', () => stdin.unpipe(pipe));
    stdin.on('error', (error) => {
      if (!isEnd(error, 0)) attachment.onFailed(0, error);
      pipe.end();
    });
    pipe.on('close', () => {
      isStdinClosed = true;
      send(KIND.wish, { wish: 'close_stdin' });
    });
    pipe.on('finish', () => pipe.destroy());
    // What is not a terminal is also passed in the background, as by `timeout`, which makes a process group.
    if (!isatty(0)) stdin.pipe(pipe);
  }

  function resize(): void {
    const { columns, rows } = process.stdout;
    send(KIND.wish, { wish: 'resize', columns, rows });
  }

  function signal(signal: string): void {
    signalCount += 1;
    signals.set(signalCount, signal);
    send(KIND.wish, { wish: 'signal', signal, number: signalCount });
  }

  reach();
  return {
    end,
    expect,
    signal,
    release: () => terminal?.release() ?? false,
    resume() {
      terminal?.take();
      signal('SIGCONT');
    },
    detach: () => finish(null),
  };
}

function descriptorOf(stream: StreamKind): 1 | 2 {
  return stream === KIND.out ? 1 : 2;
}

/** Null when the task has ended. */
function openPipe(path: string): Socket | null {
  try {
    const fd = openSync(path, fileConstants.O_WRONLY | fileConstants.O_NONBLOCK);
    return new Socket({ fd, readable: false, writable: true });
  } catch {
    return null;
  }
}
