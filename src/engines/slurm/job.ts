// An attempt that was handed to Slurm, and what Slurm has said about its job.
import { tailText } from '../../logs/tail.ts';
import type { Handover } from '../port.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { type JobReading, readJob } from './client/job-state.ts';
import type { EndOfJob } from './job-end.ts';
import { readUse } from './usage-file.ts';

/** Records that were written on a node may arrive this late on a network file system. */
export const SETTLE_MS = 2_000;
/** A running job that Slurm has forgotten is not over while its agent writes. */
const FORGOTTEN_MS = 30_000;
/** Reports without the job until it counts as forgotten: it may be younger than the report. */
const FORGOTTEN_REPORTS = 2;
const OUTPUT_BYTES = 4096;

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
  /** Identifies the job at Slurm. A restarted slurmctld may give its id to another job. */
  readonly comment: string;
  /** Null until Slurm has accepted it. */
  id: string | null;
  /** Null: an earlier daemon asked, for what its task says. */
  asked: JobLimits | null = null;
  reading: JobReading | null = null;
  /** Why it is not submitted yet; null: it is, or is about to be. */
  fault: string | null = null;
  expectedStartMs: number | null = null;
  /** Epoch ms. */
  readonly handedAt: number;
  /** Its attempt is over: nothing is reported. */
  isReleased = false;
  /** Epoch ms of the first wish to destroy it. */
  destroySince: number | null = null;
  /** Epoch ms of the first question for the cause of its end. */
  askedWhyAt: number | null = null;
  #end: { readonly end: EndOfJob; readonly seenAt: number } | null = null;
  #missing = 0;

  constructor(handover: Handover, dir: string, comment: string, id: string | null, nowMs: number) {
    this.handover = handover;
    this.dir = dir;
    this.comment = comment;
    this.id = id;
    this.handedAt = nowMs;
  }

  /** Takes over a row of squeue. Returns true when something follows from it. */
  see(row: SlurmJob, nowMs: number): boolean {
    this.#missing = 0;
    const before = this.reading?.kind;
    this.reading = readJob(row, row.state === 'FAILED' ? this.output() : '');
    if (this.reading.kind === 'ended') this.#end ??= { end: this.reading.end, seenAt: nowMs };
    return before !== this.reading.kind;
  }

  /** Call when a report lacks it. Returns true when it has to be looked for by its comment. */
  miss(): boolean {
    this.#missing += 1;
    return this.#end === null && this.#missing >= FORGOTTEN_REPORTS;
  }

  forgotten(nowMs: number): void {
    this.#end ??= { end: { kind: 'vanished' }, seenAt: nowMs };
  }

  found(id: string): void {
    this.id = id;
    this.#missing = 0;
  }

  /** Null while it may still write records. */
  end(nowMs: number): EndOfJob | null {
    if (this.#end === null || nowMs - this.#end.seenAt < SETTLE_MS) return null;
    const { end } = this.#end;
    const writtenAtMs = end.kind === 'vanished' ? (readUse(`${this.dir}.usage`)?.writtenAtMs ?? 0) : 0;
    return nowMs - writtenAtMs < FORGOTTEN_MS ? null : end;
  }

  /** How it ended, as soon as Slurm says so. */
  get said(): EndOfJob | null {
    return this.#end?.end ?? null;
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /** What the job script and Slurm have printed last. */
  output(): string {
    return tailText(outputOf(this.dir), OUTPUT_BYTES);
  }
}

export function outputOf(dir: string): string {
  return `${dir}.slurm`;
}
