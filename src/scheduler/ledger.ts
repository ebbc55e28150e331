// The reservation ledger: what is charged, what room is left, and the one test of fit used by admission, dispatch and plan.
import type { Need, RunningItem, Snapshot } from './snapshot.ts';

export interface Room {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly slots: number;
}

export interface Ledger {
  readonly memRunningBytes: number;
  readonly memPendingBytes: number;
  readonly cpuRunningCores: number;
  readonly cpuPendingCores: number;
  /** Room when only running tasks are charged: what dispatch may hand out. */
  readonly room: Room;
  /** Room when pending tasks are charged too: what a new submission may take. */
  readonly roomBehindQueue: Room;
}

/**
 * Memory charged = outside + sum over running of max(live, estimate) + sum of pending; CPU charged = sum of the
 * estimates, of our tasks only (SPEC section 4).
 */
export function ledger(snapshot: Snapshot): Ledger {
  const { capacity, running, pending } = snapshot;
  const memRunningBytes = sum(running.map(chargedMem));
  const memPendingBytes = sum(pending.map((item) => item.need.memBytes));
  const cpuRunningCores = sum(running.map((item) => item.need.cpuCores));
  const cpuPendingCores = sum(pending.map((item) => item.need.cpuCores));
  const room: Room = {
    memBytes: capacity.memLimitBytes - snapshot.outsideMemBytes - memRunningBytes,
    cpuCores: capacity.cpuLimitCores - cpuRunningCores,
    slots: capacity.maxRunning - running.length,
  };
  return {
    memRunningBytes,
    memPendingBytes,
    cpuRunningCores,
    cpuPendingCores,
    room,
    roomBehindQueue: {
      memBytes: room.memBytes - memPendingBytes,
      cpuCores: room.cpuCores - cpuPendingCores,
      slots: room.slots - pending.length,
    },
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

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
