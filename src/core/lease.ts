// A lease: room held for a caller that has not submitted its task yet.

/** A ULID, like a task id. */
export type LeaseId = string & { readonly __brand: 'LeaseId' };

export interface Lease {
  readonly id: LeaseId;
  /** The owner (see `ownerOf`) whose next fitting submission may use the lease. */
  readonly owner: string;
  readonly memBytes: number;
  readonly cpuCores: number;
  /** How long the holder expects to use the room. */
  readonly timeMs: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
}
