// Scheduler snapshots for tests: a host of 24 GiB and 8 cores unless a test says otherwise, and random ones.
import fc from 'fast-check';
import type { LeaseItem, PendingItem, RunningItem } from '../../../src/scheduler/items.ts';
import { Queue } from '../../../src/scheduler/queue/queue.ts';
import type { Capacity, Snapshot } from '../../../src/scheduler/snapshot.ts';
import { GIB, MIB, taskId } from './build-task.ts';

export const NOW = 1_700_000_000_000;

export function aCapacity(changes: Partial<Capacity> = {}): Capacity {
  return {
    memTotalBytes: 24 * GIB,
    memLimitBytes: 16 * GIB,
    cores: 8,
    cpuLimitCores: 8,
    cpuShareCores: 7.2,
    maxRunning: 256,
    maxPending: 100,
    ...changes,
  };
}

interface ItemChanges {
  readonly killTimeoutMs?: number;
  readonly mem?: number;
  readonly cpu?: number;
  readonly timeMs?: number;
  readonly owner?: string;
}

/** Task `n`; of two, the one with the smaller number was submitted first. */
export function pending(n: number, changes: ItemChanges & { readonly priority?: number } = {}): PendingItem {
  const { mem = 4 * GIB, cpu = 1, timeMs = 60_000, owner = 'alice', priority = 0 } = changes;
  const { killTimeoutMs = 2 * timeMs } = changes;
  return {
    id: taskId(n),
    kind: 'task',
    name: `task-${n}`,
    owner,
    priority,
    submittedAtMs: NOW - 1000 + n,
    need: { memBytes: mem, cpuCores: cpu },
    timeMs,
    killTimeoutMs,
  };
}

export function running(n: number, changes: ItemChanges & Partial<RunningItem> = {}): RunningItem {
  const { name, owner, need, timeMs } = pending(n, changes);
  const { liveMemBytes = 0, liveCpuCores = 0, startedAtMs = NOW, killTimeoutMs = 120_000 } = changes;
  const { pausedMs = 0, isPaused = false, isExpress = false, progressEnd = null } = changes;
  const times = { startedAtMs, pausedMs, isPaused, isExpress, timeMs, killTimeoutMs, progressEnd };
  return { id: taskId(n), name, owner, need, liveMemBytes, liveCpuCores, ...times };
}

export function aLease(n: number, changes: ItemChanges & Partial<LeaseItem> = {}): LeaseItem {
  const { owner, need, timeMs } = pending(n, changes);
  const { grantedAtMs = NOW, expiresAtMs = NOW + 60_000 } = changes;
  return { id: `lease-${n}`, owner, need, timeMs, grantedAtMs, expiresAtMs };
}

export function queueOf(items: readonly PendingItem[]): Queue {
  const queue = new Queue();
  for (const item of items) queue.add(item, NOW);
  return queue;
}

interface SnapshotChanges extends Omit<Partial<Snapshot>, 'queue'> {
  readonly pending?: readonly PendingItem[];
}

/** Its queue may be changed, as the daemon changes its own. */
export function aSnapshot({ pending: items = [], ...changes }: SnapshotChanges = {}) {
  const queue = queueOf(items);
  return {
    capacity: aCapacity(),
    outsideMemBytes: 0,
    outsideCpuCores: 0,
    running: [],
    leases: [],
    ...changes,
    queue,
  };
}

const demand = {
  // Mostly small, so that several fit; some larger than the host.
  mem: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 72 })).map((n) => n * 256 * MIB),
  cpu: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 160 })).map((n) => n / 20),
  timeMs: fc.integer({ min: 1, max: 3_600_000 }),
  owner: fc.constantFrom('alice', 'bob', 'carol'),
};

/** A submission of some size; `n` numbers it. */
export function anyPending(n: number): fc.Arbitrary<PendingItem> {
  return fc
    .record({ ...demand, priority: fc.constantFrom(0, 0, 0, 1, -5) })
    .map((changes) => pending(n, changes));
}

/** `anyPending` numbered from 100 on. */
export function anyQueue(maxLength: number, minLength = 0): fc.Arbitrary<PendingItem[]> {
  return fc
    .array(anyPending(0), { minLength, maxLength, size: 'max' })
    .map((items) => items.map((item, index) => ({ ...item, ...identity(100 + index) })));
}

function identity(n: number): Pick<PendingItem, 'id' | 'name' | 'submittedAtMs'> {
  const { id, name, submittedAtMs } = pending(n);
  return { id, name, submittedAtMs };
}

const anyRunning = fc.record({
  ...demand,
  liveMemBytes: fc.integer({ min: 0, max: 8 * GIB }),
  liveCpuCores: fc.integer({ min: 0, max: 80 }).map((n) => n / 20),
  startedAtMs: fc.integer({ min: NOW - 7_200_000, max: NOW }),
  pausedMs: fc.constantFrom(0, 0, 5_000),
  isPaused: fc.constantFrom(false, false, false, true),
  killTimeoutMs: fc.integer({ min: 1, max: 7_200_000 }),
});

const anyLease = fc.record({
  ...demand,
  grantedAtMs: fc.integer({ min: NOW - 60_000, max: NOW }),
  expiresAtMs: fc.integer({ min: NOW - 1_000, max: NOW + 60_000 }),
});

/** Any state of a host, consistent or not: forced, overdue and paused tasks, leases, memory used by others. */
export const anySnapshot = fc
  .record({
    outsideMemBytes: fc.constantFrom(0, 1, 4, 10, 20).map((n) => n * GIB),
    maxRunning: fc.integer({ min: 1, max: 12 }),
    running: fc.array(anyRunning, { maxLength: 6 }),
    leases: fc.array(anyLease, { maxLength: 2 }),
    pending: anyQueue(12),
  })
  .map(({ outsideMemBytes, maxRunning, running: active, leases, pending: items }) =>
    aSnapshot({
      capacity: aCapacity({ maxRunning }),
      outsideMemBytes,
      running: active.map((changes, index) => running(index + 1, changes)),
      leases: leases.map((changes, index) => aLease(index + 50, changes)),
      pending: items,
    }),
  );
