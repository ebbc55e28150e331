// The memory cap of the parent group of all tasks: what they may take together, so that the reserve stays with the host.

export interface ParentUse {
  /** Working set of all tasks in the group. */
  readonly usedBytes: number;
  /** Sum of the estimates of its tasks: what admission gave them. */
  readonly promisedBytes: number;
}

export interface ParentCap {
  readonly maxBytes: number;
  /** From here the kernel slows growth down, so that the watchdog can act before the cap. */
  readonly highBytes: number;
}

/** Memory charged between the reading of the use and the write of the cap; also what a group needs to keep running. */
const SLACK_SHARE = 1 / 64;
/** memory.high below memory.max: the watchdog looks at a growing group at least ten times a second. */
const HIGH_SHARE = 1 / 32;
/** The cap moves at least by this share of the host at each step, else by half of the way. */
const STEP_SHARE = 1 / 16;

/**
 * The goal is use + available - reserve, which is total - reserve - outside. It is never below
 * - what admission promised, as long as half of the reserve stays free, and
 * - the use: when the outside has grown, the cap follows the use down and never up.
 * `before`: the last cap; null for none. The cap moves in steps, because the outside may change for a moment only, and a
 * lower cap makes the kernel reclaim page cache while the daemon waits.
 */
export function parentCap(
  host: { readonly totalBytes: number; readonly availableBytes: number },
  reserveBytes: number,
  { usedBytes, promisedBytes }: ParentUse,
  before: number | null,
): ParentCap {
  const slackBytes = SLACK_SHARE * host.totalBytes;
  const targetBytes = usedBytes + host.availableBytes - reserveBytes;
  const promised = Math.min(promisedBytes + slackBytes, targetBytes + reserveBytes / 2);
  const leastBytes = Math.max(promised, Math.min(usedBytes + slackBytes, before ?? Number.POSITIVE_INFINITY));
  const goalBytes = Math.max(targetBytes, leastBytes);
  const maxBytes = Math.floor(
    before === null
      ? goalBytes
      : Math.max(leastBytes, approach(before, goalBytes, STEP_SHARE * host.totalBytes)),
  );
  return { maxBytes, highBytes: Math.floor(Math.max(leastBytes, maxBytes - HIGH_SHARE * host.totalBytes)) };
}

function approach(from: number, to: number, stepBytes: number): number {
  const wayBytes = Math.max(stepBytes, Math.abs(to - from) / 2);
  return to > from ? Math.min(to, from + wayBytes) : Math.max(to, from - wayBytes);
}
