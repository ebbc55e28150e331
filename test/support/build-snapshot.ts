// Scheduler snapshots for tests: a host of 24 GiB and 8 cores unless a test says otherwise, and random ones.
import fc from 'fast-check';
import type { Capacity, PendingItem, RunningItem, Snapshot } from '../../src/scheduler/snapshot.ts';
import { GIB, MIB, taskId } from './build-task.ts';

export const NOW = 1_700_000_000_000;

export function aCapacity(changes: Partial<Capacity> = {}): Capacity {
  return {
    memTotalBytes: 24 * GIB,
    memLimitBytes: 16 * GIB,
    cores: 8,
    cpuLimitCores: 7.2,
    maxRunning: 256,
    maxPending: 100,
    ...changes,
  };
}

interface ItemChanges {
  readonly mem?: number;
  readonly cpu?: number;
  readonly timeMs?: number;
}

export function pending(
  n: number,
  { mem = 4 * GIB, cpu = 1, timeMs = 60_000 }: ItemChanges = {},
): PendingItem {
  return { id: taskId(n), name: `task-${n}`, need: { memBytes: mem, cpuCores: cpu }, timeMs };
}

export function running(n: number, changes: ItemChanges & Partial<RunningItem> = {}): RunningItem {
  const { liveMemBytes = 0, startedAtMs = NOW, killTimeoutMs = 120_000 } = changes;
  return { ...pending(n, changes), liveMemBytes, startedAtMs, killTimeoutMs };
}

export function aSnapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return { capacity: aCapacity(), outsideMemBytes: 0, running: [], pending: [], ...changes };
}

const need = {
  // Mostly small, so that several fit; some larger than the host.
  mem: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 72 })).map((n) => n * 256 * MIB),
  cpu: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 160 })).map((n) => n / 20),
  timeMs: fc.integer({ min: 1, max: 3_600_000 }),
};

/** A submission of some size; `n` numbers it. */
export function anyPending(n: number): fc.Arbitrary<PendingItem> {
  return fc.record(need).map((changes) => pending(n, changes));
}

/** Any moment of a host, consistent or not: forced tasks, overdue tasks and memory used by others included. */
export const anySnapshot: fc.Arbitrary<Snapshot> = fc
  .record({
    outsideMemBytes: fc.constantFrom(0, 1, 4, 10, 20).map((n) => n * GIB),
    maxRunning: fc.integer({ min: 1, max: 12 }),
    running: fc.array(
      fc.record({
        ...need,
        liveMemBytes: fc.integer({ min: 0, max: 8 * GIB }),
        startedAtMs: fc.integer({ min: NOW - 7_200_000, max: NOW }),
        killTimeoutMs: fc.integer({ min: 1, max: 7_200_000 }),
      }),
      { maxLength: 6 },
    ),
    pending: fc.array(fc.record(need), { maxLength: 8 }),
  })
  .map(({ outsideMemBytes, maxRunning, running: active, pending: queue }) =>
    aSnapshot({
      capacity: aCapacity({ maxRunning }),
      outsideMemBytes,
      running: active.map((changes, index) => running(index + 1, changes)),
      pending: queue.map((changes, index) => pending(100 + index, changes)),
    }),
  );
