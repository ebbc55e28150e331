// The group of an attempt in cgroup v2: a single directory.
import type { GroupRef } from '../../core/task.ts';
import {
  type Counter,
  childGroups,
  copied,
  counter,
  processesIn,
  read,
  removeGroup,
  write,
} from '../cgroupfs.ts';
import { CountedUsage, type Counters, workingSetOf } from '../counted-usage.ts';
import type { Group, GroupUsage } from '../port.ts';
import { stringIn } from '../ref.ts';
import { killFrozen, signalAll } from '../signals.ts';
import { cacheBytesV2, ioStatV2, keyed } from '../usage.ts';
import { watchFiles } from '../watch.ts';
import { writeLimits } from '../write-limits.ts';
import { CONTROLLERS_V2, type ControllerV2, type FileValue, limitsV2 } from './limits.ts';

/** `around`: the directory of a group around this one that has the same caps and holds nothing else of size. */
export function groupV2(ref: GroupRef, around: string | null = null): Group {
  const path = stringIn(ref, 'path');
  const pids = () => processesIn(path);
  // A systemd unit creates the group later and enables the controllers one by one.
  const counters = countersOf(path, around, (file) => counter(file, 'later'), pids);
  const freezer = {
    pids,
    freeze: () => void write(`${path}/cgroup.freeze`, '1'),
    isFrozen: () => keyed(read(`${path}/cgroup.events`) ?? '', 'frozen') === 1,
    thaw: () => thawTree(path),
  };
  return {
    ref,
    entryFiles: [`${path}/cgroup.procs`],
    existsBeforeEntry: true,
    preparation: null,
    attach() {},
    setLimits: (limits) => writeLimitsV2(path, limitsV2(limits, enabledIn(path)), 'live'),
    // memory.stat counts slab, and the working set leaves out what of it can be reclaimed.
    allowKernelMemory() {},
    usage: counters.usage,
    counterFiles: [
      ...LASTING.map((file) => `${path}/${file}`),
      ...(around === null ? [] : [localEvents(around)]),
    ],
    usageFrom: (copies) => countersOf(path, around, copied(copies), () => []).usage(),
    populated: () => keyed(read(`${path}/cgroup.events`) ?? '', 'populated') === 1,
    pids,
    signal: (signal) => signalAll(pids(), signal),
    killAll() {
      // cgroup.kill came with Linux 5.14.
      if (write(`${path}/cgroup.kill`, '1') !== null) killFrozen(freezer);
    },
    freeze: () => writeLimits([{ path: `${path}/cgroup.freeze`, value: '1' }], 'live'),
    thaw: () => writeLimits([{ path: `${path}/cgroup.freeze`, value: '0' }], 'live'),
    thawAll: freezer.thaw,
    remove: () => removeGroup(path) === null,
    watch: (changed) => watchFiles([`${path}/cgroup.events`, `${path}/memory.events`], changed),
    close: counters.close,
  };
}

function thawTree(path: string): void {
  write(`${path}/cgroup.freeze`, '0');
  for (const child of childGroups(path)) thawTree(child);
}

export function writeLimitsV2(path: string, files: readonly FileValue[], group: 'new' | 'live'): void {
  writeLimits(
    files.map((limit) => ({ ...limit, path: `${path}/${limit.file}` })),
    group,
  );
}

/** The controllers of the group; with `cgroup.subtree_control`, those of its children. */
export function enabledIn(
  path: string,
  file: 'cgroup.controllers' | 'cgroup.subtree_control' = 'cgroup.controllers',
): ReadonlySet<ControllerV2> {
  const listed = (read(`${path}/${file}`) ?? '').trim().split(' ');
  return new Set(CONTROLLERS_V2.filter((controller) => listed.includes(controller)));
}

const LASTING = [
  'memory.current',
  'memory.peak',
  'memory.stat',
  'memory.events',
  'memory.events.local',
  'cpu.stat',
  'io.stat',
];

function localEvents(path: string): string {
  return `${path}/memory.events.local`;
}

function countersOf(
  path: string,
  around: string | null,
  open: (path: string) => Counter,
  listPids: () => readonly number[],
) {
  const of = (file: string): Counter => open(`${path}/${file}`);
  const files = {
    memory: of('memory.current'),
    memoryStat: of('memory.stat'),
    memoryMax: of('memory.max'),
    // Since Linux 5.19.
    memoryPeak: of('memory.peak'),
    oomEvents: of('memory.events'),
    // Since Linux 5.2. Without groups below it counts the same as memory.events.
    localEvents: open(localEvents(path)),
    ...(around === null ? {} : { eventsAround: open(localEvents(around)) }),
    cpu: of('cpu.stat'),
    io: of('io.stat'),
    pids: of('pids.current'),
    pidsEvents: of('pids.events'),
  };
  const cacheBytes = () => cacheBytesV2(files.memoryStat.read() ?? '');
  const counters: Counters = {
    ...files,
    cacheBytes,
    // `oom` counts at the group whose limit was reached, `oom_kill` at the group of the victim.
    isOomAtOwnCap: () =>
      [files.localEvents.read() ?? files.oomEvents.read(), files.eventsAround?.read()].some(
        (events) => keyed(events ?? '', 'oom') > 0,
      ),
    memBytes: workingSetOf(files.memory, () => ({
      cacheBytes: cacheBytes(),
      capBytes: files.memoryMax.number() ?? 0,
    })),
    io: () => ioStatV2(files.io.read()),
    listPids,
  };
  return {
    usage(): GroupUsage | null {
      // Every group has cpu.stat, with and without the cpu controller.
      const cpuStat = files.cpu.read();
      return cpuStat === null ? null : new CountedUsage(counters, keyed(cpuStat, 'usage_usec'));
    },
    close() {
      for (const file of Object.values(files)) file.close();
    },
  };
}
