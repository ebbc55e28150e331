// The part of the capacity that a need takes.
import type { Need } from './items.ts';
import type { Capacity } from './snapshot.ts';

/** The larger of the parts of memory and cores (Ghodsi et al., NSDI 2011). */
export function dominantPart({ memBytes, cpuCores }: Need, capacity: Capacity): number {
  return Math.max(part(memBytes, capacity.memLimitBytes), part(cpuCores, capacity.cpuLimitCores));
}

/** 0 of a dimension without a limit. */
export function part(use: number, limit: number): number {
  return limit > 0 ? use / limit : 0;
}
