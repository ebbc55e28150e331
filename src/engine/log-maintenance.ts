// Keeps the logs of running attempts in bounds: notes when they grew, rotates, packs and deletes, one at a time and beside
// the loop, which it never blocks for longer than a read of a directory.
import { rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { Clock, Now } from '../core/clock.ts';
import { type Records, readRecords } from '../exec/records.ts';
import type { AttemptLog, LogRules } from '../logs/attempt-log.ts';
import { lacksGapMark, markGap } from '../logs/gap.ts';
import { packPart } from '../logs/pack.ts';
import { logParts } from '../logs/parts.ts';
import { logSize } from '../logs/read.ts';
import { isRotationLeft, recoverRotation, rotateLog } from '../logs/rotate.ts';
import { supervisorWriter } from '../logs/stop-writer.ts';
import type { ProcessIdentity } from '../procfs/process-identity.ts';
import type { AttemptPaths } from './attempt/paths.ts';

/** After an error of the file system, a full disk above all. */
const RETRY_MS = 30_000;

export class LogMaintenance {
  readonly #rules: LogRules;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #toPack = new Set<string>();
  /** The end of the queue of rotations. */
  #rotated: Promise<void> = Promise.resolve();
  #packed: Promise<void> | null = null;
  #retryAtMs = 0;
  #isUntold = true;

  constructor(rules: LogRules, clock: Clock, log: Logger) {
    this.#rules = rules;
    this.#clock = clock;
    this.#log = log;
  }

  /** Takes over from an earlier daemon, which may have died in the middle of a rotation and left the supervisor stopped. */
  adopt({ dir, log }: AttemptPaths): void {
    const supervisor = supervisorOf(dir);
    const writer = supervisor === null ? null : supervisorWriter(supervisor);
    const failed = (what: string) => (error: unknown) => this.#log.error({ err: error, path: log }, what);
    try {
      // It is stopped already, unless somebody has woken it.
      if (isRotationLeft(log)) writer?.stop().catch(failed('the writer of a log could not be stopped'));
      recoverRotation(log);
    } catch (error) {
      failed('the rotation of a log could not be finished')(error);
    }
    writer?.resume();
  }

  /** Call about once a second. `supervisor`: who writes the log; null: not known yet. */
  look(log: AttemptLog, supervisor: ProcessIdentity | null, now: Now): void {
    this.#try(log, () => {
      log.note(now.wallMs);
      for (const path of log.takePackable(now, false)) this.#pack(path);
      if (supervisor !== null) this.#rotateWhenDue(log, supervisor, now);
    });
  }

  /** The attempt is over: nothing more will be printed. */
  async ended(log: AttemptLog, { dir }: AttemptPaths): Promise<void> {
    const now = this.#clock.now();
    while (log.rotation !== null) await log.rotation;
    this.#try(log, () => {
      const { printedBytes, printedAt } = log.see();
      // There is no log, and never was one.
      if (printedBytes === 0 && printedAt === null) return;
      if (lacksGapMark(dir)) {
        markGap(log.path);
        log.see();
      }
      log.note(now.wallMs, true);
      for (const path of log.takePackable(now, true)) this.#pack(path);
    });
  }

  /** Resolves when nothing is under way; what waits is left to the next daemon. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#rotated;
    await this.#packed;
  }

  /** What goes wrong with a log, of which it is told once, must not end the daemon. */
  #try(log: AttemptLog, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#tell(log.path, `a log cannot be looked after: ${(error as Error).message}`);
    }
  }

  #rotateWhenDue(log: AttemptLog, supervisor: ProcessIdentity, { wallMs, monoMs }: Now): void {
    if (log.isRotating || this.#stop.signal.aborted || monoMs < this.#retryAtMs) return;
    if (!log.isDue(this.#rules, wallMs)) return;
    const rotate = async () => {
      await this.#rotate(log, supervisor);
      log.rotation = null;
      // Who prints faster than it is looked at.
      this.#try(log, () => {
        log.see();
        this.#rotateWhenDue(log, supervisor, this.#clock.now());
      });
    };
    this.#rotated = this.#rotated.then(rotate);
    log.rotation = this.#rotated;
  }

  async #rotate(log: AttemptLog, supervisor: ProcessIdentity): Promise<void> {
    const { path } = log;
    if (this.#stop.signal.aborted) return;
    try {
      const size = logSize(path);
      if (!(await hasRoom(path, size))) {
        this.#later(path, 'no room to rotate a log');
        return;
      }
      const outcome = await rotateLog(path, this.#rules, supervisorWriter(supervisor), (start) =>
        log.moved(start),
      );
      if (outcome === 'long_line') log.notBelowBytes = 2 * size;
      if (outcome === 'rotated') this.#isUntold = true;
      await this.#prune(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#later(path, `a log could not be rotated: ${(error as Error).message}`);
    }
  }

  #later(path: string, why: string): void {
    this.#retryAtMs = this.#clock.now().monoMs + RETRY_MS;
    this.#tell(path, why);
  }

  /** Once, until a rotation has gone well. */
  #tell(path: string, why: string): void {
    if (this.#isUntold) this.#log.warn({ path }, why);
    this.#isUntold = false;
  }

  /** Deletes what is beyond the parts to be kept, oldest first. */
  async #prune(path: string): Promise<void> {
    const rotated = logParts(path).slice(0, -1);
    for (const part of rotated.slice(0, Math.max(0, rotated.length - this.#rules.keep)))
      await rm(part.path, { force: true });
  }

  #pack(path: string): void {
    this.#toPack.add(path);
    this.#packed ??= this.#packAll();
  }

  async #packAll(): Promise<void> {
    for (const path of this.#toPack) {
      if (this.#stop.signal.aborted) break;
      this.#toPack.delete(path);
      try {
        await packPart(path, this.#stop.signal);
      } catch (error) {
        const { code, name } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && name !== 'AbortError')
          this.#log.warn({ err: error, path }, 'a part of a log could not be packed and stays as it is');
      }
    }
    this.#packed = null;
  }
}

/** For the copy, and for what is printed meanwhile. */
async function hasRoom(path: string, size: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize > 2 * size;
}

function supervisorOf(dir: string): Records['supervisor'] {
  try {
    return readRecords(dir).supervisor;
  } catch {
    // No descriptors left to read it with; it is woken when its command has ended.
    return null;
  }
}
