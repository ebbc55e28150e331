// Which part of a task's log a caller wants.

export interface LogQuery {
  readonly part: { readonly kind: 'tail' | 'head'; readonly lines: number } | { readonly kind: 'full' };
  /** Only what was written in this last span of time; null: from the beginning. */
  readonly sinceMs: number | null;
  /** Continue at this offset into all output of the attempt, whatever `part` says; null: as `part` says. */
  readonly from: number | null;
  /** At most this many bytes; null: no limit. */
  readonly maxBytes: number | null;
  /** Continue until the task ends. */
  readonly follow: boolean;
}
