// Which part of a task's log a caller requests.

export interface LogQuery {
  /** From 1; null: the last one. */
  readonly attempt: number | null;
  readonly part: { readonly kind: 'tail' | 'head'; readonly lines: number } | { readonly kind: 'full' };
  /** Only lines written in the last `sinceMs`; null: from the beginning. */
  readonly sinceMs: number | null;
  /** Byte offset into the attempt's whole output to continue at; overrides `part`. Null: as `part` says. */
  readonly from: number | null;
  /** Null: no limit. */
  readonly maxBytes: number | null;
  /** Stream new output until the task ends. */
  readonly follow: boolean;
}
