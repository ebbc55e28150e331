// The ledger of resources: the charges, the room left, and the test of fit that admission, pass and plan share.
import type { Need, RunningItem } from './items.ts';
import { isShort } from './short.ts';
import type { Capacity, Snapshot } from './snapshot.ts';

export interface Room {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly slots: number;
}

/** What the programs of a desktop use at all times. */
const UNNOTICED_SHARE = 0.05;

/**
 * The cores that tasks cannot have because programs outside use them: whole cores, so that the noise of a desktop holds no
 * task. What `cpuShareCores` keeps free of tasks is for them anyway. `meanCores`: the mean use of the last 15 s.
 */
export function outsideCharge(meanCores: number, { cores, cpuShareCores, cpuLimitCores }: Capacity): number {
  const spareCores = Math.max(cores - cpuShareCores, UNNOTICED_SHARE * cores);
  return Math.min(cpuLimitCores, Math.round(Math.max(0, meanCores - spareCores)));
}

/** An item at the head of its sub-queue waits so long for programs outside. */
export const OUTSIDE_PATIENCE_MS = 60_000;

/**
 * The charge for programs outside leaves room for each item that has waited at the head of its sub-queue for
 * OUTSIDE_PATIENCE_MS: CPU is compressible and the tasks have the lower weight, but a task that never starts is lost. Memory
 * outside has no such limit.
 */
export function patientCharge(
  chargeCores: number,
  { queue, capacity }: Pick<Snapshot, 'queue' | 'capacity'>,
  nowMs: number,
): number {
  if (chargeCores === 0) return 0;
  let needCores = 0;
  for (const { head, headSinceMs } of queue.subQueues())
    if (head !== undefined && nowMs - headSinceMs >= OUTSIDE_PATIENCE_MS)
      needCores = Math.max(needCores, head.need.cpuCores);
  return Math.max(0, Math.min(chargeCores, capacity.cpuLimitCores - needCores));
}

/**
 * The room for dispatch. Charged are memory and CPU outside, `chargedNeed` of each running task, and the leases (SPEC section 4).
 * Negative when the charges exceed the limit.
 */
export function roomOf({ capacity, outsideMemBytes, outsideCpuCores, running, leases }: Snapshot): Room {
  let memBytes = capacity.memLimitBytes - outsideMemBytes;
  let cpuCores = capacity.cpuLimitCores - outsideCpuCores;
  for (const item of running) {
    memBytes -= chargedMem(item);
    cpuCores -= chargedCpu(item);
  }
  for (const { need } of leases) {
    memBytes -= need.memBytes;
    cpuCores -= need.cpuCores;
  }
  return { memBytes, cpuCores, slots: capacity.maxRunning - running.length - leases.length };
}

/** The room after every expected end: only what is outside and paused tasks stay charged. */
export function eventualRoom(snapshot: Snapshot): Room {
  return roomOf({ ...snapshot, running: snapshot.running.filter(({ isPaused }) => isPaused), leases: [] });
}

/** The larger of use and estimate: a task that uses more than it declared gains no room by it. */
export function chargedNeed(item: RunningItem): Need {
  return { memBytes: chargedMem(item), cpuCores: chargedCpu(item) };
}

export function chargedMem(item: RunningItem): number {
  return Math.max(item.liveMemBytes, item.need.memBytes);
}

/**
 * An express start is charged no cores while it keeps its estimate and no adjustment makes it longer or larger than a short
 * task: it runs beside the core limit, by weight.
 */
export function chargedCpu(item: RunningItem): number {
  const isFree = item.isExpress && isShort(item) && !isAboveEstimate(item.liveCpuCores, item.need.cpuCores);
  return isFree ? 0 : heldCpu(item);
}

/** What counts for the share of its owner. */
export function heldNeed(item: RunningItem): Need {
  return { memBytes: chargedMem(item), cpuCores: heldCpu(item) };
}

function heldCpu({ need, liveCpuCores }: RunningItem): number {
  return isAboveEstimate(liveCpuCores, need.cpuCores) ? liveCpuCores : need.cpuCores;
}

/** A program with one busy thread may use a few percent more than one core: its runtime collects garbage in another. */
export const CPU_TOLERANCE = 1.1;

/** `meanCores`: the mean use of the last 15 s. */
export function isAboveEstimate(meanCores: number, estimatedCores: number): boolean {
  return meanCores > CPU_TOLERANCE * estimatedCores;
}

/** The first dimension in which `need` is above the whole capacity; null when it is not. */
export function beyondCapacity(capacity: Capacity, need: Need): 'mem' | 'cpu' | null {
  if (need.memBytes > capacity.memLimitBytes) return 'mem';
  return need.cpuCores > capacity.cpuLimitCores + CPU_EPSILON ? 'cpu' : null;
}

export type RoomDim = 'mem' | 'cpu' | 'slots';

/** Sums of fractional cores carry rounding errors. */
const CPU_EPSILON = 1e-9;

/** The first dimension in which `need` does not fit into `room`; null when it fits. */
export function shortDim(room: Room, need: Need): RoomDim | null {
  if (need.memBytes > room.memBytes) return 'mem';
  // A need without cores fits even where more cores are charged than there are.
  if (need.cpuCores > Math.max(0, room.cpuCores) + CPU_EPSILON) return 'cpu';
  if (room.slots < 1) return 'slots';
  return null;
}

export function take(room: Room, need: Need): Room {
  return {
    memBytes: room.memBytes - need.memBytes,
    cpuCores: room.cpuCores - need.cpuCores,
    slots: room.slots - 1,
  };
}

export function give(room: Room, need: Need): Room {
  return {
    memBytes: room.memBytes + need.memBytes,
    cpuCores: room.cpuCores + need.cpuCores,
    slots: room.slots + 1,
  };
}
