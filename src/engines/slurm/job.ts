// An attempt that was handed to Slurm, and what Slurm has said about its job.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords } from '../../exec/records.ts';
import { tailText } from '../../logs/tail.ts';
import type { Handover } from '../port.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { type JobEnd, type JobReading, readJob } from './client/job-state.ts';
import { type EndOfJob, isNearStart } from './job-end.ts';
import type { AttemptKey } from './job-names.ts';
import { lookAgain } from './look-again.ts';
import { readUse } from './usage-file.ts';

/** Records that were written on a node may arrive this late on a network file system. */
export const SETTLE_MS = 2_000;
/** A client of NFS keeps attributes for up to a minute (acregmax), and a busy one is late. */
const LATE_MS = 70_000;
/** A running job that Slurm has forgotten is not over while its agent writes. */
const FORGOTTEN_MS = 30_000;
/** Reports without the job until it counts as forgotten: it may be younger than the report. */
const FORGOTTEN_REPORTS = 2;
const OUTPUT_BYTES = 4096;
/** See job.sh. */
const NOT_ITS_ATTEMPT = 92;

/** What Slurm is asked for. */
export interface JobLimits {
  readonly timeLimitMs: number;
  readonly memBytes: number;
  readonly cpus: number;
}

export class Job {
  handover: Handover;
  /** Of the attempt's records, as the nodes see it. */
  readonly dir: string;
  /** A restarted slurmctld may give the id to the job of another attempt. */
  readonly key: AttemptKey;
  /** Null until Slurm has accepted it. */
  id: string | null = null;
  /** The key of the array that it is an element of; null: none. */
  array: string | null = null;
  /** Where the job script and Slurm print. */
  output: string;
  /** Null: an earlier daemon asked, for what its task says. */
  asked: JobLimits | null = null;
  reading: JobReading | null = null;
  expectedStartMs: number | null = null;
  /** Epoch ms. */
  readonly handedAt: number;
  /** Its attempt is over: nothing is reported. */
  isReleased = false;
  /** Slurm was asked to suspend it. */
  isSuspended = false;
  /** Slurm runs commands in the order in which they end. */
  commands: Promise<unknown> = Promise.resolve();
  /** Epoch ms of the first wish to destroy it. */
  destroySince: number | null = null;
  /** Epoch ms of the first question for the cause of its end. */
  askedWhyAt: number | null = null;
  #end: { readonly end: EndOfJob; readonly seenAt: number } | null = null;
  #missing = 0;

  constructor(handover: Handover, dir: string, nowMs: number) {
    const { task, attempt } = handover;
    this.handover = handover;
    this.dir = dir;
    this.key = `${task.id}/${attempt.number}`;
    this.output = `${dir}.slurm`;
    this.handedAt = nowMs;
  }

  /** Takes over a row of squeue. `bootedAt`: see isNearStart; null as well when no end may be a mistake. */
  see(row: SlurmJob, nowMs: number, bootedAt: number | null): void {
    this.#missing = 0;
    this.reading = readJob(row, row.state === 'FAILED' ? this.printed() : '');
    if (this.reading.kind !== 'ended') return;
    const end = ownEnd(this.reading.end);
    this.#end ??= { end: { ...end, ...doubtOf(bootedAt, row.endsAt) }, seenAt: nowMs };
  }

  /** It is over, and its command has not begun. */
  mayEndByMistake(row: SlurmJob): boolean {
    return readJob(row).kind === 'ended' && !this.isClaimed;
  }

  /** Call when a report lacks it. Returns true when it has to be looked for by its comment. */
  miss(): boolean {
    this.#missing += 1;
    return this.#end === null && this.#missing >= FORGOTTEN_REPORTS;
  }

  forgotten(nowMs: number): void {
    this.#end ??= { end: { kind: 'vanished' }, seenAt: nowMs };
  }

  /** A user has cancelled it before it began, as an element of an array of which Slurm shows others. `bootedAt`: see isNearStart. */
  cancelled(nowMs: number, bootedAt: number | null): void {
    this.#end ??= { end: { kind: 'cancelled', ...doubtOf(bootedAt, nowMs) }, seenAt: nowMs };
  }

  /** Slurm has accepted it. `output`: of an element of an array; null for a job of its own. */
  is(id: string, array: string | null, output: string | null): void {
    this.id = id;
    this.array = array;
    this.output = output ?? `${this.dir}.slurm`;
    this.#missing = 0;
  }

  /** Its command has begun, or will never begin: another job would find the claim. True also where it cannot be looked for. */
  get isClaimed(): boolean {
    try {
      return lstatSync(join(this.dir, 'claim'), { throwIfNoEntry: false }) !== undefined;
    } catch {
      return true;
    }
  }

  /** Its script is about to end by itself. False also without a free file descriptor. */
  get isClosed(): boolean {
    try {
      return readRecords(this.dir).closedAt !== null;
    } catch {
      return false;
    }
  }

  /** Null while it may still write records. */
  end(nowMs: number): EndOfJob | null {
    if (this.#end === null || nowMs - this.#end.seenAt < SETTLE_MS) return null;
    const { end } = this.#end;
    const writtenAtMs = end.kind === 'vanished' ? (readUse(`${this.dir}.usage`)?.writtenAtMs ?? 0) : 0;
    return nowMs - writtenAtMs < FORGOTTEN_MS ? null : end;
  }

  /** Its script ended by itself, so it has written how the command ended: that is on its way. */
  awaitsRecords(nowMs: number): boolean {
    if (this.#end === null || nowMs - this.#end.seenAt >= LATE_MS) return false;
    const { end } = this.#end;
    if (end.kind !== 'exited' || end.signal !== null) return false;
    lookAgain(this.dir);
    if (!this.isClaimed) return false;
    const { exit, startFailed } = readRecords(this.dir, true);
    return exit === null && startFailed === null;
  }

  /** How it ended, as soon as Slurm says so. */
  get said(): EndOfJob | null {
    return this.#end?.end ?? null;
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /** What the job script and Slurm have printed last. */
  printed(): string {
    return tailText(this.output, OUTPUT_BYTES);
  }
}

/** `bootedAt`: see isNearStart. */
function doubtOf(bootedAt: number | null, endsAt: number | null): { readonly isDoubtful?: true } {
  return isNearStart(bootedAt, endsAt) ? { isDoubtful: true } : {};
}

/** The claim was taken: another job of the attempt may still run. When a command exits with this code, the records show it. */
function ownEnd(end: JobEnd): EndOfJob {
  return end.kind === 'exited' && end.code === NOT_ITS_ATTEMPT ? { kind: 'vanished' } : end;
}
