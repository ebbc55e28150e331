// The reservation ledger: what is charged, what room is left, and the one test of fit used by admission, pass and plan.
import type { LeaseItem, Need, RunningItem, Snapshot } from './snapshot.ts';

export interface Room {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly slots: number;
}

/**
 * What dispatch may hand out. Memory charged = outside + sum over running of max(live, estimate) + leases; CPU charged =
 * sum of the estimates, of our tasks only (SPEC section 4). Below zero where more is in use than the limit.
 */
export function roomOf({ capacity, outsideMemBytes, running, leases }: Snapshot): Room {
  let memBytes = capacity.memLimitBytes - outsideMemBytes;
  let cpuCores = capacity.cpuLimitCores;
  for (const item of running) {
    memBytes -= chargedMem(item);
    cpuCores -= item.need.cpuCores;
  }
  for (const { need } of leases) {
    memBytes -= need.memBytes;
    cpuCores -= need.cpuCores;
  }
  return { memBytes, cpuCores, slots: capacity.maxRunning - running.length - leases.length };
}

/** What is left when everything has ended that is expected to: memory outside and paused tasks stay. */
export function roomEver(snapshot: Snapshot): Room {
  return roomOf({ ...snapshot, running: snapshot.running.filter(({ isPaused }) => isPaused), leases: [] });
}

/**
 * What a new submission may take: the pending items are charged too. A lease that it takes over had its turn in the queue,
 * so that its room is there whoever waits.
 */
export function roomForSubmission(snapshot: Snapshot, lease: LeaseItem | null): Room {
  const room = roomOf(snapshot);
  const { needs, size } = snapshot.queue;
  const behindQueue: Room = {
    memBytes: room.memBytes - needs.memBytes,
    cpuCores: room.cpuCores - needs.cpuCores,
    slots: room.slots - size,
  };
  if (lease === null) return behindQueue;
  return {
    memBytes: Math.max(0, behindQueue.memBytes) + lease.need.memBytes,
    cpuCores: Math.max(0, behindQueue.cpuCores) + lease.need.cpuCores,
    slots: Math.max(0, behindQueue.slots) + 1,
  };
}

export function chargedMem(item: RunningItem): number {
  return Math.max(item.liveMemBytes, item.need.memBytes);
}

export type RoomDim = 'mem' | 'cpu' | 'slots';

/** Sums of fractions of cores carry rounding errors; a billionth of a core decides nothing. */
const CPU_EPSILON = 1e-9;

/** The first dimension in which `need` does not fit into `room`, or null when it fits. */
export function shortDim(room: Room, need: Need): RoomDim | null {
  if (need.memBytes > room.memBytes) return 'mem';
  if (need.cpuCores > room.cpuCores + CPU_EPSILON) return 'cpu';
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
