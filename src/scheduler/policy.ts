// The rules of the scheduler that can be chosen.

export interface Policy {
  /** `fair`: priority with age, then dominant share; `fcfs`: by submission alone. */
  readonly order: 'fair' | 'fcfs';
  /** `easy`: what stands behind the first that does not fit may start if it does not push that one back. */
  readonly backfill: 'easy' | 'none';
  /** The head of a lane rises by one priority for each of these; Infinity: never. */
  readonly ageingMs: number;
  /** In which order backfill tries: that of the queue, or the shortest estimate of time first. Default: `order`. */
  readonly candidates?: 'order' | 'shortest';
}

export const DEFAULT_POLICY: Policy = { order: 'fair', backfill: 'easy', ageingMs: 3_600_000 };
