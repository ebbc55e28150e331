// The port of the engines: where the attempts of tasks run, decided by what the loop needs of an attempt.
import type { Group } from '../cgroups/port.ts';
import type { EngineKind } from '../core/engine-traits.ts';
import type { BabysitError } from '../core/errors.ts';
import type { KillDetail, KillReason } from '../core/kill-reasons.ts';
import type { Attempt, GroupRef, InterruptReason, Task, TaskId } from '../core/task.ts';
import type { Launch } from '../exec/launch-script.ts';
import type { Records } from '../exec/records.ts';
import type { ProcessIdentity } from '../procfs/process/process-identity.ts';

/** Where one attempt runs: its processes, and the supervisor that writes its records. */
export interface Place {
  readonly group: Group;
  readonly supervision: Supervision;
}

/** The records that never change after they were read. */
export type KnownRecords = Pick<Records, 'supervisor' | 'started'>;

/** The supervisor of an attempt, and the main process of its command. */
export interface Supervision {
  /** The kernel reports its changes. False: each tick looks at its records. */
  readonly reportsChanges: boolean;
  /** Call with each reading of the records. */
  know(known: KnownRecords): void;
  /** False as well while the supervisor is not known. Its log writer may outlive it until the output is complete. */
  isSupervisorGone(): boolean;
  /** False as well while the main process is not known. */
  isMainAlive(): boolean;
  /** Infinity when the age is not known. */
  mainAgeMs(): number;
  /**
   * What the engine itself did to the attempt, which is over: the records do not show it, or only as a signal. Null:
   * nothing, or it does not know. `unknown`: ask again in a moment.
   */
  loss(): Loss | 'unknown' | null;
  /** Call before the first sample: short attempts use no file descriptors. */
  hold(): void;
  /** Continues a supervisor that a process has stopped, or the log writer that outlived it. */
  continueSupervisor(): void;
  /**
   * Signals a supervisor that keeps running after its command ended: a process stopped it (`kill -STOP $PPID`),
   * or a process outside the group holds the output open.
   */
  signalStuck(signal: 'SIGCONT' | 'SIGKILL'): void;
  /** Call at each sample after the command has ended: bash may have missed the end. */
  wakeSupervisor(): void;
  /** The daemon stops it to rotate the log; null: it is not known, or rotates the log alone. */
  readonly logWriter: ProcessIdentity | null;
  close(): void;
}

/** An end that the records do not show. */
export type Loss =
  | { readonly kind: 'killed'; readonly reason: KillReason; readonly detail: KillDetail }
  | { readonly kind: 'interrupted'; readonly reason: InterruptReason; readonly why: string };

/** An attempt that was handed to an engine with a queue of its own. */
export interface Handover {
  readonly task: Task;
  readonly attempt: Attempt;
  /** Describes the command. The engine calls it when it submits the attempt. */
  describe(): Launch;
}

/** Why an attempt waits in the queue of its engine, as shown. */
export interface EngineQueueView {
  /** A few words: what it waits for. */
  readonly waitingFor: string;
  /** Epoch ms; null: not known. */
  readonly expectedStartMs: number | null;
}

/** What a submission would ask for. */
export interface EngineNeed {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly killTimeoutMs: number;
}

/** When an engine would start a task. */
export interface EngineOffer {
  readonly engine: EngineKind;
  /** Epoch ms. */
  readonly startMs: number;
}

/** An engine that decides by itself when an attempt starts. No method waits for it. */
export interface QueueEngine {
  /** Directory of the attempts, as the machines of the engine see it. */
  readonly tasksDir: string;
  /** Reference of an attempt that is not submitted yet. `name`: see groupName. */
  refOf(name: string): GroupRef;
  /** Submits the attempt once. Reports `queued` or `refused`. */
  submit(handover: Handover): void;
  /** It can keep an attempt waiting by itself until these tasks have ended, if it is handed over now. */
  canFollow(ids: readonly TaskId[]): boolean;
  /** Takes over an attempt that an earlier daemon has handed over, whether or not it was submitted, runs or has ended. */
  adopt(handover: Handover): void;
  /** When it would start in epoch ms, if it were submitted now; null when the engine does not say, or not in time. */
  expectedStart(need: EngineNeed): Promise<number | null>;
  /** The place of an attempt that has begun. */
  open(id: TaskId, attempt: Attempt): Place;
  /** Why it has not begun although its job is over; null while it may begin. */
  failureOf(id: TaskId): StartFailure | null;
  /** The attempt is over: ends what is left of it at the engine. */
  release(id: TaskId): void;
  /** What it cannot change while an attempt runs, in words; null: nothing. */
  readonly fixedWhileRunning: string | null;
  /** Takes over new estimates and limits. Call for each change of the task: most of them change nothing here. */
  adjust(task: Task, attempt: Attempt): void;
  /** Null when the engine has not said anything yet. */
  queueView(id: TaskId): EngineQueueView | null;
  close(): void;
}

/**
 * `failed`: the task fails. `requeue`: it is handed over again. `lost`: the same, a limited number of times; `fix`: what to do
 * when it happens again. `cancelled`: a user ended it there.
 */
export type StartFailure =
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'requeue'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string; readonly fix: string }
  | { readonly kind: 'cancelled'; readonly detail: KillDetail };

/** What an engine reports. Each call is made from the event loop, never from inside a method of the engine. */
export interface EngineReports {
  /** The engine has accepted the attempt. */
  queued(id: TaskId, attempt: number, group: GroupRef): void;
  /** The engine will never accept the attempt. */
  refused(id: TaskId, attempt: number, error: BabysitError): void;
  /** The engine has not taken over new limits, or only a part of them. */
  adjustRefused(id: TaskId, attempt: number, error: BabysitError): void;
  /** The attempt may have begun, ended, or been lost. */
  changed(id: TaskId): void;
}
