// A task's progress as `list`, `status`, events and heartbeats show it.

export interface Progress {
  /** Items; null when unknown. */
  readonly done: number | null;
  readonly total: number | null;
  /** 0..100 with at most one decimal. */
  readonly pct: number | null;
  readonly phase: string | null;
  /** Items that failed. */
  readonly failed: number | null;
  /** Seconds from now to the expected end: reported by the task, else extrapolated from its rate. */
  readonly eta_s: number | null;
  /** Measurements of the task, such as `loss=1.2e-4`. */
  readonly note: string | null;
  /** Where `done`, `total` and `pct` come from: the progress file the task writes, or its output. */
  readonly source: 'reported' | 'output';
}
