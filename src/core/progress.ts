// How far a task is, as it is shown: in `list`, `status`, events and heartbeats.

export interface Progress {
  /** Items; null: not known. */
  readonly done: number | null;
  readonly total: number | null;
  /** 0..100 with at most one decimal. */
  readonly pct: number | null;
  readonly phase: string | null;
  /** Items that failed. */
  readonly failed: number | null;
  /** Seconds from now to the end, as told or by the rate so far. */
  readonly eta_s: number | null;
  /** What the task measures of itself, such as `loss=1.2e-4`. */
  readonly note: string | null;
  /** Where `done`, `total` and `pct` come from: told by the task, or read from its output. */
  readonly source: 'told' | 'output';
}
