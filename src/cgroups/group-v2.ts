// One attempt's group in cgroup v2: a single directory.
import type { GroupRef } from '../core/task.ts';
import { type Counter, copied, counter, processesIn, read, removeGroup, write } from './cgroupfs.ts';
import { CountedUsage } from './counted-usage.ts';
import type { Group, GroupLimits, GroupUsage } from './driver.ts';
import { CONTROLLERS_V2, type ControllerV2, limitsV2 } from './limits-v2.ts';
import { stringIn } from './ref.ts';
import { killFrozen, signalAll } from './signals.ts';
import { cacheBytesV2, ioStatV2, keyed, single, WorkingSet } from './usage.ts';
import { watchFiles } from './watch.ts';
import { writeLimits } from './write-limits.ts';

export function groupV2(ref: GroupRef): Group {
  const path = stringIn(ref, 'path');
  const counters = countersOf(path, counter);
  const workingSet = new WorkingSet();
  const pids = () => processesIn(path);
  const freezer = {
    pids,
    freeze: () => void write(`${path}/cgroup.freeze`, '1'),
    isFrozen: () => keyed(read(`${path}/cgroup.events`) ?? '', 'frozen') === 1,
    thaw: () => void write(`${path}/cgroup.freeze`, '0'),
  };
  return {
    ref,
    entryFiles: [`${path}/cgroup.procs`],
    preparation: null,
    attach() {},
    setLimits(limits: GroupLimits) {
      writeLimits(
        limitsV2(limits, enabledIn(path)).map((limit) => ({ ...limit, path: `${path}/${limit.file}` })),
        'live',
      );
    },
    usage: () => usage(counters, workingSet, pids),
    counterFiles: LASTING.map((file) => `${path}/${file}`),
    usageFrom: (copies) => usage(countersOf(path, copied(copies)), new WorkingSet(), () => []),
    populated: () => keyed(read(`${path}/cgroup.events`) ?? '', 'populated') === 1,
    pids,
    signal: (signal) => signalAll(pids(), signal),
    killAll() {
      // cgroup.kill came with Linux 5.14.
      if (write(`${path}/cgroup.kill`, '1') !== null) killFrozen(freezer);
    },
    freeze: freezer.freeze,
    thaw: freezer.thaw,
    remove: () => removeGroup(path) === null,
    watch: (changed) => watchFiles([`${path}/cgroup.events`, `${path}/memory.events`], changed),
    close() {
      for (const file of Object.values(counters)) file.close();
    },
  };
}

/** The controllers whose files the group has; with `cgroup.subtree_control`, those its children have. */
export function enabledIn(
  path: string,
  file: 'cgroup.controllers' | 'cgroup.subtree_control' = 'cgroup.controllers',
): ReadonlySet<ControllerV2> {
  const listed = (read(`${path}/${file}`) ?? '').trim().split(' ');
  return new Set(CONTROLLERS_V2.filter((controller) => listed.includes(controller)));
}

const LASTING = ['memory.current', 'memory.peak', 'memory.events', 'cpu.stat', 'io.stat'];

type Counters = ReturnType<typeof countersOf>;

function countersOf(path: string, open: typeof counter) {
  const of = (file: string): Counter => open(`${path}/${file}`);
  return {
    memory: open(`${path}/memory.current`, 'later'),
    memoryStat: of('memory.stat'),
    memoryMax: of('memory.max'),
    // Since Linux 5.19.
    memoryPeak: of('memory.peak'),
    oomEvents: of('memory.events'),
    cpu: of('cpu.stat'),
    io: of('io.stat'),
    pids: of('pids.current'),
    pidsEvents: of('pids.events'),
  };
}

function usage(counters: Counters, workingSet: WorkingSet, pids: () => number[]): GroupUsage | null {
  const total = single(counters.memory.read());
  // The others are not looked for before the group is there.
  const cpuStat = total === null ? null : counters.cpu.read();
  if (total === null || cpuStat === null) return null;
  const memBytes = workingSet.bytes(total, () => ({
    cacheBytes: cacheBytesV2(counters.memoryStat.read() ?? ''),
    capBytes: single(counters.memoryMax.read()) ?? 0,
  }));
  return new CountedUsage(counters, ioStatV2, pids, memBytes, keyed(cpuStat, 'usage_usec'));
}
