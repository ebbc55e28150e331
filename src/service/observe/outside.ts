// Records about once a minute which programs outside of all tasks use most of the host, and answers what it recorded.
import { OUTSIDE_POINT, type OutsideHistoryView } from '../../api/schemas/observe/outside.ts';
import type { Clock } from '../../core/clock.ts';
import type { Engine } from '../../engine/engine.ts';
import type { OutsideLog } from '../../series/outside-log.ts';
import { type LargestOutside, outsideViews } from '../views/outside.ts';

export interface OutsideDeps {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly outsideLog: OutsideLog;
  readonly largestOutside: LargestOutside;
}

/** The CPU use of a program is that since the last look, if that is at most a minute old. A pass comes every 5 s or sooner. */
const EVERY_MS = 50_000;

/** Returns the stop function. */
export function recordOutside({ engine, outsideLog, largestOutside }: OutsideDeps): () => void {
  let lookedAt = Number.NEGATIVE_INFINITY;
  return engine.passes.listen(({ at }) => {
    if (Math.abs(at - lookedAt) < EVERY_MS || engine.homeLoss !== null) return;
    lookedAt = at;
    outsideLog.append({ at, programs: outsideViews(largestOutside()) } as { readonly at: number });
  });
}

export function outside({ clock, outsideLog }: OutsideDeps, sinceMs: number): OutsideHistoryView {
  const points = outsideLog.read(clock.now().wallMs - sinceMs).flatMap((record) => {
    const { data } = OUTSIDE_POINT.safeParse(record);
    return data === undefined ? [] : [data];
  });
  return { points };
}
