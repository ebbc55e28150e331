// Finds the profile that a need has to wait for, because it is above the whole capacity of the active one.
import type { Need } from './items.ts';
import { beyondCapacity } from './ledger.ts';
import type { OtherProfile, Snapshot } from './snapshot.ts';

/** The profile that gives enough the soonest; null when the active one does, or when none does. */
export function profileFor({ capacity, otherProfiles }: Snapshot, need: Need): OtherProfile | null {
  if (beyondCapacity(capacity, need) === null || otherProfiles === undefined) return null;
  return otherProfiles().find((other) => beyondCapacity(other.capacity, need) === null) ?? null;
}
