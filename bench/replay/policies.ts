// The policies a trace can be replayed with: those of the daemon, and first come, first served to compare with.
import type { PendingItem } from '../../src/scheduler/items.ts';
import { DEFAULT_HALF_LIFE_MS } from '../../src/scheduler/owner-use.ts';
import {
  Backfill,
  DEFAULT_POLICY,
  type Decision,
  decide,
  type Policy,
  pass,
} from '../../src/scheduler/pass.ts';
import { assumedTimeMs, releasesOf, shadow } from '../../src/scheduler/releases.ts';
import type { Snapshot } from '../../src/scheduler/snapshot.ts';

export interface ReplayPolicy {
  /** False: all jobs have one owner, so that fair share is first come, first served. */
  readonly isFair: boolean;
  /** 0: fair share counts only what an owner holds now. */
  readonly useHalfLifeMs: number;
  /** `learned`: how it uses learned times; of the policies without sorted candidates none does. */
  readonly decide: (snapshot: Snapshot, nowMs: number, learned?: Policy['learned']) => Decision;
}

const EASY = {
  backfill: 'easy',
  ageingMs: Number.POSITIVE_INFINITY,
  expressStarts: 0,
  learned: 'off',
} as const;
const NO_BACKFILL = { ...EASY, backfill: 'none' } as const;

export const POLICIES: Readonly<Record<string, ReplayPolicy>> = {
  fcfs: { isFair: false, useHalfLifeMs: 0, decide: (snapshot, nowMs) => pass(snapshot, nowMs, NO_BACKFILL) },
  'fcfs-easy': { isFair: false, useHalfLifeMs: 0, decide: (snapshot, nowMs) => pass(snapshot, nowMs, EASY) },
  'fcfs-easy-shortest': { isFair: false, useHalfLifeMs: 0, decide: shortestFirst },
  'fair-easy': { isFair: true, useHalfLifeMs: 0, decide: (snapshot, nowMs) => pass(snapshot, nowMs, EASY) },
  'held-share': { isFair: true, useHalfLifeMs: 0, decide: byDefault },
  default: { isFair: true, useHalfLifeMs: DEFAULT_HALF_LIFE_MS, decide: byDefault },
};

function byDefault(snapshot: Snapshot, nowMs: number, learned = DEFAULT_POLICY.learned): Decision {
  return pass(snapshot, nowMs, { ...DEFAULT_POLICY, learned });
}

/** EASY that backfills the shortest estimate first (Tsafrir, Etsion and Feitelson, IEEE TPDS 18(6), 2007). */
function shortestFirst(snapshot: Snapshot, nowMs: number, learned: Policy['learned'] = 'order'): Decision {
  const { starts: first, reservation, room } = decide(snapshot, nowMs, NO_BACKFILL);
  const starts = [...first];
  const waiting = [...snapshot.queue.subQueues()].flatMap((subQueue) => subQueue.items());
  const holder = waiting.find(({ id }) => id === reservation?.id);
  const expected = holder && shadow(room, releasesOf(snapshot, nowMs, starts), holder.need);
  if (expected) {
    // A job of the trace ends at its request at the latest.
    const backfill = new Backfill(room, nowMs, expected, expected, learned === 'full');
    const taken = new Set<PendingItem>([...first, holder]);
    const candidates = waiting.filter((item) => !taken.has(item) && backfill.fits(item));
    const timeMs = (item: PendingItem) => assumedTimeMs(item, learned === 'off' ? 'estimates' : 'p50');
    for (const item of candidates.sort((a, b) => timeMs(a) - timeMs(b))) {
      if (!backfill.fits(item)) continue;
      starts.push(item);
      backfill.take(item);
    }
  }
  return { starts: starts.map(({ id }) => id), express: [], reservation };
}
