// Job control: finds out that a command was stopped, and keeps its task paused until its client continues it.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { stopMark } from '../core/streams.ts';
import { isAlive, type ProcessIdentity } from '../procfs/process/process-identity.ts';
import { readStat } from '../procfs/process/stat.ts';
import { postTask } from './post.ts';

const RETRY_MS = 500;
const LOOK_MS = 10;
/** A command that handles SIGTSTP may save something first. One that has not stopped by then ignores it. */
const STOPS_WITHIN_MS = 2000;

/** The leader of a terminal leaves a mark. Returns true once for each. */
export function takeStopMark(dir: string): boolean {
  const mark = stopMark(dir);
  if (!existsSync(mark)) return false;
  rmSync(mark, { force: true });
  return true;
}

/** Calls `onStopped` when the command without a terminal, which just got SIGTSTP, has stopped. */
export function watchStop(main: ProcessIdentity, onStopped: () => void, waitedMs = 0): void {
  if (!isAlive(main) || waitedMs > STOPS_WITHIN_MS) return;
  if (readStat(main.pid)?.state === 'T') onStopped();
  else setTimeout(watchStop, LOOK_MS, main, onStopped, waitedMs + LOOK_MS);
}

/**
 * Pauses and resumes the task in the daemon, one request after the other. Repeats a request that is not answered. A pause
 * that a user asked for stays: only one of its own is undone, also that of an earlier relay, which has left the mark.
 */
export class TaskPause {
  readonly #socketPath: string;
  readonly #task: string;
  readonly #mark: string;
  readonly #isOver: () => boolean;
  #isWanted = false;
  /** Null: unknown, not answered or asked by an earlier relay. */
  #isSet: boolean | null;
  #isAsking = false;

  constructor(socketPath: string, task: string, mark: string, isOver: () => boolean) {
    this.#socketPath = socketPath;
    this.#task = task;
    this.#mark = mark;
    this.#isOver = isOver;
    this.#isSet = existsSync(mark) ? null : false;
  }

  set(isWanted: boolean): void {
    this.#isWanted = isWanted;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isWanted === this.#isSet || this.#isOver()) return;
    this.#isAsking = true;
    const wanted = this.#isWanted;
    this.#isSet = null;
    if (wanted) leave(this.#mark);
    const isAnswered = await postTask(this.#socketPath, this.#task, wanted ? 'pause' : 'resume');
    this.#isAsking = false;
    if (isAnswered) this.#isSet = wanted;
    else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (this.#isSet === false) rmSync(this.#mark, { force: true });
    await this.#ask();
  }
}

function leave(mark: string): void {
  try {
    writeFileSync(mark, '');
  } catch {
    // A full disk: this relay still knows it.
  }
}
