// Maintains the logs of live attempts: records when they grow, rotates, packs and deletes, one log at a time.
// It runs outside of the loop and never blocks it for longer than one directory read.
import { rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { Clock, Now } from '../core/clock.ts';
import { recordsNow } from '../exec/records.ts';
import type { AttemptLog, LogRules } from '../logs/attempt-log.ts';
import { lacksGapMark, markGap } from '../logs/gap.ts';
import { packPart } from '../logs/pack.ts';
import { logParts, sizeOf } from '../logs/parts.ts';
import { isRotationLeft, recoverRotation, rotateLog } from '../logs/rotate.ts';
import { supervisorWriter } from '../logs/stop-writer.ts';
import type { ProcessIdentity } from '../procfs/process/process-identity.ts';
import type { AttemptPaths } from './attempt/paths.ts';

/** Delay after a file system error such as a full disk. */
const RETRY_MS = 30_000;

export class LogMaintenance {
  readonly rules: LogRules;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #toPack = new Set<string>();
  /** Settles when the last queued rotation has. */
  #rotated: Promise<void> = Promise.resolve();
  #packed: Promise<void> | null = null;
  #retryAtMs = 0;
  #hasWarned = false;

  constructor(rules: LogRules, clock: Clock, log: Logger) {
    this.rules = rules;
    this.#clock = clock;
    this.#log = log;
  }

  /** Takes over the log. The earlier daemon may have died during a rotation and left the supervisor stopped. */
  adopt({ dir, log }: AttemptPaths): void {
    // Unreadable: the supervisor is continued when its command ends.
    const supervisor = recordsNow(dir)?.supervisor ?? null;
    const writer = supervisor === null ? null : supervisorWriter(supervisor);
    const failed = (what: string) => (error: unknown) => this.#log.error({ err: error, path: log }, what);
    try {
      // Normally the supervisor is still stopped; another process may have continued it.
      if (isRotationLeft(log)) writer?.stop().catch(failed('log writer not stopped'));
      recoverRotation(log);
    } catch (error) {
      failed('log rotation not finished')(error);
    }
    writer?.resume();
  }

  /** Call about once a second. `supervisor` writes the log; null while it is not known. */
  maintain(log: AttemptLog, supervisor: ProcessIdentity | null, now: Now): void {
    this.#try(log, () => {
      log.recordGrowth(now.wallMs);
      for (const path of log.takePackable(now, false)) this.#pack(path);
      if (supervisor !== null) this.#rotateWhenDue(log, supervisor, now);
    });
  }

  /** Call when the attempt is over and its log is complete. */
  async ended(log: AttemptLog, { dir }: AttemptPaths): Promise<void> {
    const now = this.#clock.now();
    while (log.rotation !== null) await log.rotation;
    this.#try(log, () => {
      const { printedBytes, printedAt } = log.refresh();
      // The attempt never had a log.
      if (printedBytes === 0 && printedAt === null) return;
      if (lacksGapMark(dir)) {
        markGap(log.path);
        log.refresh();
      }
      log.recordGrowth(now.wallMs, true);
      for (const path of log.takePackable(now, true)) this.#pack(path);
    });
  }

  /** Resolves when the rotation and the packing under way are done. The next daemon does the rest. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#rotated;
    await this.#packed;
  }

  /** A log that fails must not end the daemon. */
  #try(log: AttemptLog, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#warn(log.path, `log maintenance failed: ${(error as Error).message}`);
    }
  }

  #rotateWhenDue(log: AttemptLog, supervisor: ProcessIdentity, { wallMs, monoMs }: Now): void {
    if (log.isRotating || this.#stop.signal.aborted || monoMs < this.#retryAtMs) return;
    if (!log.isDue(this.rules, wallMs)) return;
    const rotate = async () => {
      await this.#rotate(log, supervisor);
      log.rotation = null;
      // A fast writer may have filled the log again.
      this.#try(log, () => {
        log.refresh();
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
      const size = sizeOf(path) ?? 0;
      if (!(await hasRoom(path, size))) {
        this.#retryLater(path, 'not enough disk space to rotate the log');
        return;
      }
      const outcome = await rotateLog(path, this.rules, supervisorWriter(supervisor), (start) =>
        log.rotated(start),
      );
      if (outcome === 'long_line') log.notBelowBytes = 2 * size;
      if (outcome === 'rotated') this.#hasWarned = false;
      await this.#prune(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#retryLater(path, `log not rotated: ${(error as Error).message}`);
    }
  }

  #retryLater(path: string, why: string): void {
    this.#retryAtMs = this.#clock.now().monoMs + RETRY_MS;
    this.#warn(path, why);
  }

  /** Warns once until a rotation succeeds. */
  #warn(path: string, why: string): void {
    if (!this.#hasWarned) this.#log.warn({ path }, why);
    this.#hasWarned = true;
  }

  /** Deletes the oldest parts beyond `keep`. */
  async #prune(path: string): Promise<void> {
    const rotated = logParts(path).slice(0, -1);
    for (const part of rotated.slice(0, Math.max(0, rotated.length - this.rules.keep)))
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
          this.#log.warn({ err: error, path }, 'log part not packed');
      }
    }
    this.#packed = null;
  }
}

/** The copy needs `size` bytes, and so may the output printed during the copy. */
async function hasRoom(path: string, size: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize > 2 * size;
}
