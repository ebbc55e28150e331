// Shares the terminal of this process with the task: only while this process is in its foreground.
import type { Socket } from 'node:net';
import { isForeground, makeRaw } from './terminal.ts';

export interface Share {
  /** The task has a terminal of its own, and this process shows it. */
  readonly showsTerminal: boolean;
  /** The standard input of the task, which gets the keys of this terminal; null: it gets none. */
  readonly stdin: Socket | null;
  /** Called when the terminal was taken. */
  onTaken(): void;
}

/** `fg` of a shell sends no signal to a job that runs in the background. */
const LOOK_MS = 200;

export class TerminalShare {
  readonly #share: Share;
  #restore: (() => void) | null = null;
  #isTaken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(share: Share) {
    this.#share = share;
  }

  /** Now, or as soon as this process is in the foreground. */
  take(): void {
    clearTimeout(this.#timer);
    if (this.#isTaken) return;
    const { showsTerminal, stdin, onTaken } = this.#share;
    const readsTerminal = stdin !== null;
    if ((showsTerminal || readsTerminal) && !isForeground()) {
      this.#timer = setTimeout(() => this.take(), LOOK_MS).unref();
      return;
    }
    this.#isTaken = true;
    if (showsTerminal) this.#restore = makeRaw(readsTerminal);
    if (stdin !== null && !stdin.destroyed) process.stdin.pipe(stdin);
    onTaken();
  }

  /** Restores the settings of the terminal. Returns true when its keys went to the task. */
  release(): boolean {
    clearTimeout(this.#timer);
    if (!this.#isTaken) return false;
    this.#isTaken = false;
    const { showsTerminal, stdin } = this.#share;
    const hadKeys = showsTerminal && stdin !== null;
    if (this.#restore !== null && isForeground()) this.#restore();
    this.#restore = null;
    if (stdin !== null) process.stdin.unpipe(stdin).pause();
    return hadKeys;
  }
}
