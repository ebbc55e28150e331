// Sums a counter over changing processes: what ended processes counted stays in the sum. Pure.

export interface Counted {
  /** Unique also when a pid is reused. */
  readonly key: string;
  readonly pid: number;
  /** The process that takes over the count when this one ends and it waits for it; 0: none does. */
  readonly ppid: number;
  readonly value: number;
}

export interface LastingSum {
  /** Counts of ended processes that are not included in that of a living one. */
  readonly ended: number;
  readonly last: readonly Counted[];
}

export const NOTHING_COUNTED: LastingSum = { ended: 0, last: [] };

/**
 * A process includes the children it waited for. If the parent of an ended process is alive, the count is included there;
 * otherwise its last reading is added.
 */
export function addReading(sum: LastingSum, now: readonly Counted[]): LastingSum {
  const living = new Set(now.map(({ key }) => key));
  const livingPids = new Set(now.map(({ pid }) => pid));
  const lost = sum.last.filter(({ key, ppid }) => !living.has(key) && !livingPids.has(ppid));
  return { ended: sum.ended + total(lost), last: now };
}

export function sumOf({ ended, last }: LastingSum): number {
  return ended + total(last);
}

function total(counted: readonly Counted[]): number {
  return counted.reduce((sum, { value }) => sum + value, 0);
}
