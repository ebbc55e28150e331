// Which task the kernel ends first when tasks together run out of memory: oom_score_adj by use and estimate. Pure.

export type OomTier = 'within' | 'above' | 'above_twice';

export function oomTier(memBytes: number, estimatedMemBytes: number): OomTier {
  if (memBytes > 2 * estimatedMemBytes) return 'above_twice';
  return memBytes > estimatedMemBytes ? 'above' : 'within';
}

const MAX_ADJ = 1000;
/**
 * The kernel adds adj / 1000 of the limit to the use of a process. A task within its estimate is safe as long as it uses
 * less than this much (0.4 of the limit for a base of 500) more than one above its estimate.
 */
const ABOVE_SHARE = 0.8;

/** `base`: the value of a task within its estimate. */
export function oomScoreAdj(tier: OomTier, base: number): number {
  switch (tier) {
    case 'within':
      return base;
    case 'above':
      return Math.round(base + ABOVE_SHARE * (MAX_ADJ - base));
    case 'above_twice':
      return MAX_ADJ;
  }
}
