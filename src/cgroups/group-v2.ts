// One attempt's group in cgroup v2: a single directory.
import type { GroupRef } from '../core/task.ts';
import { type Counter, copied, counter, processesIn, read, removeGroup, write } from './cgroupfs.ts';
import type { Group, GroupLimits, GroupUsage } from './driver.ts';
import { CONTROLLERS_V2, type ControllerV2, limitsV2 } from './limits-v2.ts';
import { stringIn } from './ref.ts';
import { killFrozen, signalAll } from './signals.ts';
import { ioStatV2, keyed, single, workingSetV2 } from './usage.ts';
import { watchFiles } from './watch.ts';
import { writeLimits } from './write-limits.ts';

export function groupV2(ref: GroupRef): Group {
  const path = stringIn(ref, 'path');
  const counters = countersOf(path, counter);
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
    usage: () => usage(counters, pids),
    counterFiles: LASTING.map((file) => `${path}/${file}`),
    usageFrom: (copies) => usage(countersOf(path, copied(copies)), () => []),
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

function countersOf(path: string, open: (path: string) => Counter) {
  const of = (file: string): Counter => open(`${path}/${file}`);
  return {
    memory: of('memory.current'),
    memoryStat: of('memory.stat'),
    memoryPeak: of('memory.peak'),
    memoryEvents: of('memory.events'),
    cpu: of('cpu.stat'),
    io: of('io.stat'),
    pids: of('pids.current'),
    pidsEvents: of('pids.events'),
  };
}

/** What no decision needs every second is read when somebody looks at it. */
function usage(counters: ReturnType<typeof countersOf>, pids: () => number[]): GroupUsage | null {
  const current = single(counters.memory.read());
  const cpu = counters.cpu.read();
  if (current === null || cpu === null) return null;
  const io = ioStatV2(counters.io.read());
  return {
    memBytes: workingSetV2(current, counters.memoryStat.read() ?? ''),
    get memPeakCachedBytes() {
      // Since Linux 5.19.
      return single(counters.memoryPeak.read());
    },
    cpuUsec: keyed(cpu, 'usage_usec'),
    ioReadBytes: io?.readBytes ?? null,
    ioWriteBytes: io?.writeBytes ?? null,
    get pids() {
      return single(counters.pids.read()) ?? pids().length;
    },
    oomKills: keyed(counters.memoryEvents.read() ?? '', 'oom_kill'),
    pidsMaxHits: keyed(counters.pidsEvents.read() ?? '', 'max'),
  };
}
