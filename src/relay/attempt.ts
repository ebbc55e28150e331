// Relays one attempt: its output to the client that is attached and to the log, and to a file while there is no client.
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { terminalMark } from '../core/streams.ts';
import type { Exit } from '../core/task.ts';
import { type Records, readRecords } from '../exec/records.ts';
import { type End, KIND, type Ready, type StreamKind, type Wish } from './frames.ts';
import { type LogPipe, openLogPipe } from './log-pipe.ts';
import { drainPipe, endPipe, keepEnded, type Piece, readPipe, removePipe } from './output-pipe.ts';
import { Sent } from './sent.ts';
import { type Frame, Spool } from './spool.ts';
import { takeStopMark } from './stop.ts';
import { unlessShort, untilPossible } from './until-possible.ts';
import { isSupervisorLost, watchAttempt } from './watch.ts';
import { CommandSignals, resizeTerminal } from './wishes.ts';

export interface AttemptDeps {
  /** Nothing is left to do but to serve a later client. */
  onIdle(): void;
  /** A client has got the end. */
  onShown(): void;
  /** The command was stopped by its client, or continues. */
  pause(isPaused: boolean): void;
}

/** The connection of the client. */
export interface Client {
  send(kind: number, content: Buffer): void;
  /** It is ready when the command has a terminal. */
  readonly waitsForTerminal: boolean;
  /** After the last message. */
  end(): void;
  /** It waits for this attempt from now on. */
  moveTo(attempt: RelayedAttempt): void;
}

/** Sent and not taken: the client or its reader is slow. The command then waits, as it would for a pipe. */
const WINDOW_BYTES = 1024 * 1024;
/** With a client, the command waits as well when this much waits in the file. */
const SPOOL_WINDOW_BYTES = 64 * 1024 ** 2;
/** Without a client, later output is only in the log. */
const SPOOL_MAX_BYTES = 256 * 1024 ** 2;

/** A client that has lost its relay comes back sooner. */
const CLIENT_WITHIN_MS = 10_000;

const LOOK_MS = 10;
/** The disk may be full, and the mark missing. */
const TERMINAL_WITHIN_MS = 10_000;

const OUTPUTS = [KIND.out, KIND.err] as const;

export class RelayedAttempt {
  readonly #dir: string;
  readonly #deps: AttemptDeps;
  readonly #spool: Spool;
  readonly #signals: CommandSignals;
  readonly #streams = new Map<StreamKind, Socket>();
  #log: LogPipe | null = null;
  #stdin: number | null = null;
  /** Its end may be asked for before the pipe is open. */
  #isInputOver = false;
  #watcher: { close(): void } | null = null;
  #client: Client | null = null;
  #tie: (() => void) | null = null;
  readonly #sent = new Sent();
  #isOpen = false;
  #isLogWritten = true;
  #isEndSent = false;
  #isStopped = false;
  #isEndForced = false;
  #lostBytes = 0;
  #end: End | null = null;
  #records: Records | null = null;

  /** `dir`: of the attempt. */
  constructor(dir: string, deps: AttemptDeps) {
    this.#dir = dir;
    this.#deps = deps;
    this.#spool = new Spool(`${dir}.spool`);
    this.#signals = new CommandSignals(
      dir,
      () => (this.#records ?? this.#readRecords()).started?.main ?? null,
      () => this.#stopped(),
    );
  }

  /** The command has ended and its log is written. */
  get isOver(): boolean {
    return this.#end !== null && this.#isLogWritten;
  }

  /** False as well for an attempt that a client waits for and that never started. */
  get isNeeded(): boolean {
    return this.#client !== null || (this.#watcher !== null && !this.isOver);
  }

  /** Its command has started, or could not. */
  get hasBegun(): boolean {
    return this.#isOpen || this.#end !== null || this.#readRecords().started !== null;
  }

  /** Reads what has changed: the pipes, and the end of the command. What a shortage prevents is left to the next look. */
  look(): void {
    if (this.#end !== null || !(this.#isOpen || existsSync(this.#dir))) return;
    this.#watcher ??= watchAttempt(this.#dir, () => this.look());
    unlessShort(() => this.#apply());
  }

  #apply(): void {
    let records = this.#readRecords();
    // The supervisor makes the pipes before the start. After the end they may hold output that an earlier relay has left.
    if (!this.#isOpen && records.started !== null && (records.exit === null || this.#hasPipes)) this.#open();
    if (takeStopMark(this.#dir)) this.#stopped();
    const isLost = isSupervisorLost(records);
    if (isLost) records = this.#readRecords();
    if (records.exit === null && !isLost) return;
    if (this.#streams.size > 0) this.#endUnopened();
    else this.#finish(records.exit);
  }

  /** Its directory may be removed while it runs: what the records have said until then still names its processes. */
  #readRecords(): Records {
    const records = readRecords(this.#dir);
    if (records.started !== null) this.#records = records;
    return this.#records ?? records;
  }

  /**
   * The daemon says that the attempt is over, although its supervisor may have left no record of the end. Throws shortages,
   * and can be repeated after one.
   */
  over(): void {
    this.look();
    if (this.#end !== null) return;
    for (const [kind, socket] of this.#streams) {
      const path = this.#pathOf(kind);
      if (existsSync(path)) drainPipe(path, (content) => this.#take(kind, { content, recycle() {} }));
      socket.destroy();
    }
    this.#streams.clear();
    const { exit, startFailed } = readRecords(this.#dir, true);
    if (startFailed === null && !this.hasBegun) {
      // The task may be back in the queue: its client waits for the next attempt.
      this.#unwatch();
      this.#deps.onIdle();
      return;
    }
    this.#finish(exit);
  }

  /** An attempt that has not begun will not, and its client waits for the next one. */
  handOverTo(next: RelayedAttempt): void {
    if (this.hasBegun) return;
    this.#unwatch();
    const client = this.#client;
    this.#client = null;
    this.#tie = null;
    client?.moveTo(next);
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  /** Returns false when another client is attached. `tie`: called when the client is lost before the end. */
  attach(client: Client, tie: (() => void) | null): boolean {
    if (this.#client !== null) return false;
    this.#client = client;
    this.#tie = tie;
    this.#isEndSent = false;
    if (this.#isStopped) this.#stopped();
    this.look();
    if (this.#isOpen || this.#end !== null) this.#sendReady();
    this.#flow();
    return true;
  }

  detach(): void {
    const tie = this.#tie;
    this.#client = null;
    this.#tie = null;
    // What was sent and not taken comes first for the next client.
    this.#spool.unread(this.#sent.takeBack());
    // Without its client nothing else would continue it.
    if (this.#isStopped) this.#continue();
    if (this.#end === null) tie?.();
    this.#flow();
    if (this.#end !== null) this.#deps.onIdle();
  }

  /** The client has passed on the first `bytes` of what it got of the stream. */
  taken(stream: StreamKind, bytes: number): void {
    this.#sent.take(stream, bytes);
    this.#flow();
  }

  wish(wish: Wish, onSignaled = (): void => {}): void {
    switch (wish.wish) {
      case 'signal':
        if (wish.signal === 'SIGCONT') this.#continue(onSignaled);
        else this.#signals.send(wish.signal, onSignaled);
        return;
      case 'resize':
        untilPossible(() => resizeTerminal(this.#dir, wish));
        return;
      case 'close_stdin':
        this.#endInput();
        return;
      case 'close':
        // The command gets SIGPIPE, as it would without babysit.
        this.#streams.get(wish.stream)?.destroy();
        this.#remove(wish.stream);
        return;
      case 'open':
      case 'over':
        return;
    }
  }

  #endInput(): void {
    this.#isInputOver = true;
    if (this.#stdin === null) return;
    closeSync(this.#stdin);
    this.#stdin = null;
    keepEnded(`${this.#dir}.in`, () => this.#end !== null);
  }

  /** The client stops itself as well, so that its shell sees a stopped job. That of an earlier relay comes soon. */
  #stopped(): void {
    this.#isStopped = true;
    if (this.#client === null) {
      setTimeout(() => this.#client === null && this.#isStopped && this.#continue(), CLIENT_WITHIN_MS);
      return;
    }
    this.#deps.pause(true);
    this.#client.send(KIND.stopped, Buffer.alloc(0));
  }

  #continue(onSignaled?: () => void): void {
    this.#signals.send('SIGCONT', onSignaled);
    this.#deps.pause(false);
    this.#isStopped = false;
  }

  /** Throws shortages. The next look opens what is left. */
  #open(): void {
    // None of these blocks. The command waits until its standard output has a reader.
    const stdin = `${this.#dir}.in`;
    if (this.#stdin === null && existsSync(stdin)) {
      this.#stdin = openSync(stdin, constants.O_RDWR | constants.O_NONBLOCK);
      if (this.#isInputOver) this.#endInput();
    }
    this.#log ??= openLogPipe(`${this.#dir}.relay`, () => this.#flow());
    if (this.#log !== null) this.#isLogWritten = false;
    for (const kind of OUTPUTS)
      if (!this.#streams.has(kind) && existsSync(this.#pathOf(kind))) this.#read(kind);
    this.#isOpen = true;
    if (this.#client !== null) this.#sendReady();
  }

  /**
   * A command that was killed before it opened its pipes leaves one without a writer, whose reader would never see an end.
   * Opening and closing it here gives it one. A pipe that another process still holds open stays open.
   */
  #endUnopened(): void {
    if (this.#isEndForced) return;
    this.#isEndForced = true;
    for (const kind of this.#streams.keys()) endPipe(this.#pathOf(kind));
  }

  /** #finish removes them. */
  get #hasPipes(): boolean {
    return OUTPUTS.some((kind) => existsSync(this.#pathOf(kind)));
  }

  #pathOf(kind: StreamKind): string {
    return `${this.#dir}.${kind === KIND.out ? 'out' : 'err'}`;
  }

  #read(kind: StreamKind): void {
    const socket = readPipe(this.#pathOf(kind), (piece) => this.#take(kind, piece));
    this.#streams.set(kind, socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#streams.get(kind) !== socket) return;
      this.#remove(kind);
    });
  }

  #take(kind: StreamKind, { content, recycle }: Piece): void {
    const isHeld = this.#log?.write(content, this.#client !== null) === 'held';
    this.#emit({ kind, content, ...(isHeld ? {} : { recycle }) });
  }

  /** No output follows the last stream. The log writer ends, and does not wait for the record of the exit. */
  #remove(kind: StreamKind): void {
    this.#streams.delete(kind);
    if (this.#streams.size === 0) this.#closeLog();
    this.look();
  }

  #closeLog(): void {
    this.#log?.close(() => {
      this.#isLogWritten = true;
      this.#deps.onIdle();
    });
    this.#log = null;
  }

  #emit(frame: Frame): void {
    if (this.#client !== null && this.#spool.isEmpty) this.#send(frame);
    else {
      this.#keep(frame);
      frame.recycle?.();
    }
    this.#flow();
  }

  #keep(frame: Frame): void {
    const isFull = this.#lostBytes > 0 || this.#spool.unreadBytes > SPOOL_MAX_BYTES;
    if (isFull || !this.#spool.append(frame)) this.#lostBytes += frame.content.length;
  }

  #send(frame: Frame): void {
    this.#client?.send(frame.kind, frame.content);
    if (frame.kind !== KIND.out && frame.kind !== KIND.err) return;
    this.#sent.add(frame);
  }

  /** Sends what waits, as far as the client takes it, and lets the command write or not. */
  #flow(): void {
    if (this.#client !== null) {
      while (this.#sent.bytes < WINDOW_BYTES) {
        const frame = this.#spool.next();
        if (frame === null) break;
        this.#send(frame);
      }
      this.#lostBytes += this.#spool.takeLost();
      if (this.#spool.isEmpty && this.#lostBytes > 0) {
        this.#client.send(KIND.gap, Buffer.from(JSON.stringify(this.#lostBytes)));
        this.#lostBytes = 0;
      }
      if (this.#spool.isEmpty && this.#sent.bytes === 0) this.#spool.clear();
      if (this.#end !== null && this.#spool.isEmpty && this.#sent.bytes === 0) this.#sendEnd(this.#end);
    }
    const isSlow =
      this.#client === null
        ? this.#log?.isFull === true
        : this.#sent.bytes >= WINDOW_BYTES || this.#spool.unreadBytes > SPOOL_WINDOW_BYTES;
    for (const socket of this.#streams.values())
      if (isSlow) socket.pause();
      else if (socket.isPaused()) socket.resume();
  }

  /** Keys and signals that come before the command has its terminal would be lost: the client keeps them. */
  #sendReady(waitedMs = 0): void {
    const client = this.#client;
    const hasTerminal =
      this.#end !== null || waitedMs >= TERMINAL_WITHIN_MS || existsSync(terminalMark(this.#dir));
    if (client?.waitsForTerminal && !hasTerminal) {
      const again = () => this.#client === client && this.#sendReady(waitedMs + LOOK_MS);
      setTimeout(again, LOOK_MS);
      return;
    }
    const ready: Ready = {
      stdin: this.#stdin === null ? null : `${this.#dir}.in`,
      outputs: [...this.#streams.keys()].map((stream) => ({ stream, path: this.#pathOf(stream) })),
    };
    this.#client?.send(KIND.ready, Buffer.from(JSON.stringify(ready)));
  }

  #sendEnd(end: End): void {
    if (this.#isEndSent) return;
    this.#isEndSent = true;
    if (this.#client === null) return;
    this.#client.send(KIND.end, Buffer.from(JSON.stringify(end)));
    this.#deps.onShown();
    this.#client.end();
  }

  #finish(exit: Exit | null): void {
    const { startFailed } = readRecords(this.#dir, true);
    this.#end = { code: exit?.code ?? null, signal: exit?.signal ?? null, startFailed };
    this.#watcher?.close();
    this.#closeLog();
    if (this.#stdin !== null) closeSync(this.#stdin);
    this.#stdin = null;
    for (const name of ['in', 'out', 'err', 'relay', 'tty', 'pause']) removePipe(`${this.#dir}.${name}`);
    this.#flow();
    this.#deps.onIdle();
  }
}
