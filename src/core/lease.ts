// Room held for a caller who has not submitted yet.

/** A ULID, as for tasks. */
export type LeaseId = string & { readonly __brand: 'LeaseId' };

export interface Lease {
  readonly id: LeaseId;
  /** InboxScope next fitting submission may use it, as `ownerOf` names it. */
  readonly owner: string;
  readonly memBytes: number;
  readonly cpuCores: number;
  /** How long the holder means to use the room. */
  readonly timeMs: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
}
