// The group of an attempt in cgroup v1: one directory in each hierarchy.
import type { GroupRef } from '../../core/task.ts';
import { oomCgroupOf } from '../../procfs/kernel-log.ts';
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
import { DriverError, type Group, type GroupUsage } from '../port.ts';
import { stringIn } from '../ref.ts';
import { killFrozen, signalAll } from '../signals.ts';
import { ioStatV1, keyed, reclaimableBytesV1, single } from '../usage.ts';
import { writeLimits } from '../write-limits.ts';
import { CONTROLLERS_V1, type ControllerV1, limitsV1, memoryFilesV1 } from './limits.ts';

export type DirectoriesV1 = Readonly<Partial<Record<ControllerV1, string>>>;

export function groupV1(ref: GroupRef): Group {
  const name = stringIn(ref, 'name');
  const directories = directoriesIn(ref);
  const paths = distinct(directories);
  // A process enters the hierarchies one by one and may be moved within one: the group is the union.
  const pids = () => [...new Set(paths.flatMap(processesIn))];
  const inOne = () => processesIn(directories.memory ?? paths[0] ?? '');
  const counters = countersOf(name, directories, counter, pids);
  const state = `${directories.freezer}/freezer.state`;
  const memLimit = () => single(read(`${directories.memory}/memory.limit_in_bytes`));
  const setMemory = (bytes: number) =>
    writeLimits(limitFiles(directories, memoryFilesV1(bytes, memLimit())), 'live');
  let kernelRoom = 0;
  const freezer = {
    pids,
    freeze: () => void write(state, 'FROZEN'),
    // A read lets the kernel leave the state FREEZING. Without a freezer there is nothing to wait for.
    isFrozen: () => (read(state) ?? 'FROZEN').startsWith('FROZEN'),
    thaw: () => thawTree(directories.freezer),
  };
  return {
    ref,
    // `tasks` moves one thread, which is enough for a shell. `cgroup.procs` waits for an RCU grace period.
    entryFiles: paths.map((path) => `${path}/tasks`),
    existsBeforeEntry: true,
    preparation: null,
    attach() {},
    setLimits(limits) {
      kernelRoom = 0;
      writeLimits(limitFiles(directories, limitsV1(limits, memLimit())), 'live');
    },
    allowKernelMemory(memMaxBytes, reclaimableBytes) {
      const kernelBytes = counters.kernelBytes();
      const needsRoom = roomForKernel(kernelBytes, memMaxBytes) > 0;
      const room = needsRoom ? roomForKernel(Math.min(kernelBytes, reclaimableBytes()), memMaxBytes) : 0;
      if (room === kernelRoom) return;
      try {
        setMemory(memMaxBytes + room);
        kernelRoom = room;
      } catch (error) {
        // EBUSY: the kernel has not freed the memory of a lower limit yet. Try again at the next sample.
        if (!(error instanceof DriverError)) throw error;
      }
    },
    usage: counters.usage,
    counterFiles: LASTING.flatMap(([controller, file]) =>
      directories[controller] === undefined ? [] : [`${directories[controller]}/${file}`],
    ),
    usageFrom: (copies) => countersOf(name, directories, copied(copies), () => []).usage(),
    populated: () => paths.some((path) => processesIn(path).length > 0),
    pids: (maxAgeMs) => (maxAgeMs === Number.POSITIVE_INFINITY ? inOne() : pids()),
    signal: (signal) => signalAll(pids(), signal),
    killAll: () => killFrozen(freezer),
    freeze: () => writeLimits([{ path: state, value: 'FROZEN' }], 'live'),
    thaw: () => writeLimits([{ path: state, value: 'THAWED' }], 'live'),
    thawAll: freezer.thaw,
    remove: () => paths.map(removeGroup).every((errno) => errno === null),
    // v1 reports events by eventfd (cgroup.event_control), which Node cannot open: the sampling tick finds changes.
    watch: () => () => {},
    close: counters.close,
  };
}

const ROOM_STEPS = 8;

/**
 * Slab of a directory walk counts for the limit, and most file systems allocate it without __GFP_FS, when the kernel
 * cannot free slab: it ends the task instead (seen with ext4 on 6.18). So the limit grows with it, one step ahead.
 */
export function roomForKernel(kernelBytes: number, memMaxBytes: number): number {
  const step = Math.floor(memMaxBytes / ROOM_STEPS);
  return kernelBytes < step ? 0 : step * (Math.ceil(kernelBytes / step) + 1);
}

function thawTree(path: string | undefined): void {
  if (path === undefined) return;
  write(`${path}/freezer.state`, 'THAWED');
  for (const child of childGroups(path)) thawTree(child);
}

/** Adds the absolute path to each limit. Leaves out limits of hierarchies without a directory. */
export function limitFiles(directories: DirectoriesV1, limits: ReturnType<typeof limitsV1>) {
  return limits.flatMap((limit) => {
    const directory = directories[limit.controller];
    return directory === undefined ? [] : [{ ...limit, path: `${directory}/${limit.file}` }];
  });
}

/** The distinct directories: co-mounted controllers (`cpu,cpuacct`) share one. */
export function distinct(directories: DirectoriesV1): string[] {
  return [...new Set(Object.values(directories))];
}

/** A v1 reference holds the directory of each controller: `{driver: 'v1', name, memory: '/…', cpu: '/…', …}`. */
function directoriesIn(ref: GroupRef): DirectoriesV1 {
  const found = CONTROLLERS_V1.flatMap((controller) => {
    const path = ref[controller];
    return typeof path === 'string' ? [[controller, path] as const] : [];
  });
  return Object.fromEntries(found);
}

/** 64 pages of the charge batch, and a kernel stack. A huge page that does not fit is replaced by small ones. */
const LARGEST_CHARGE_BYTES = 512 * 1024;

const LASTING: readonly (readonly [ControllerV1, string])[] = [
  ['memory', 'memory.usage_in_bytes'],
  ['memory', 'memory.max_usage_in_bytes'],
  ['memory', 'memory.limit_in_bytes'],
  ['memory', 'memory.stat'],
  ['memory', 'memory.kmem.usage_in_bytes'],
  ['memory', 'memory.oom_control'],
  ['cpuacct', 'cpuacct.usage'],
];

function countersOf(
  name: string,
  directories: DirectoriesV1,
  open: (path: string) => Counter,
  listPids: () => readonly number[],
) {
  const of = (controller: ControllerV1, file: string): Counter => open(`${directories[controller]}/${file}`);
  const files = {
    memory: of('memory', 'memory.usage_in_bytes'),
    memoryStat: of('memory', 'memory.stat'),
    // Absent without CONFIG_MEMCG_KMEM, and with cgroup.memory=nokmem.
    memoryKernel: of('memory', 'memory.kmem.usage_in_bytes'),
    memoryPeak: of('memory', 'memory.max_usage_in_bytes'),
    memoryLimit: of('memory', 'memory.limit_in_bytes'),
    // The line `oom_kill` exists since Linux 4.13.
    oomEvents: of('memory', 'memory.oom_control'),
    cpu: of('cpuacct', 'cpuacct.usage'),
    io: of('blkio', 'blkio.throttle.io_service_bytes_recursive'),
    pids: of('pids', 'pids.current'),
    pidsEvents: of('pids', 'pids.events'),
  };
  const counters: Counters = {
    ...files,
    cacheBytes: () => reclaimableBytesV1(files.memoryStat.read() ?? '', files.memoryKernel.number() ?? 0),
    isOomAtOwnCap: () => {
      const killer = oomCgroupOf(name);
      if (killer !== null) return killer.split('/').includes(name);
      // Without the kernel log: v1 does not count whose limit was reached, and failcnt stays 0 when the equal limit with swap
      // is checked first. A charge that failed leaves the usage within one charge of the limit.
      const leastBytes = (files.memoryLimit.number() ?? 0) - LARGEST_CHARGE_BYTES;
      return (files.memoryPeak.number() ?? 0) >= leastBytes;
    },
    memBytes: workingSetOf(files.memory, () => {
      const stat = files.memoryStat.read() ?? '';
      return {
        cacheBytes: reclaimableBytesV1(stat, files.memoryKernel.number() ?? 0),
        capBytes: keyed(stat, 'hierarchical_memory_limit'),
      };
    }),
    io: () => ioStatV1(files.io.read()),
    listPids,
  };
  return {
    kernelBytes: () => files.memoryKernel.number() ?? 0,
    usage(): GroupUsage | null {
      const cpuNs = files.cpu.number();
      // Without cpuacct, the memory counter shows whether the group exists.
      if (cpuNs === null && files.memory.number() === null) return null;
      return new CountedUsage(counters, Math.floor((cpuNs ?? 0) / 1000));
    },
    close() {
      for (const file of Object.values(files)) file.close();
    },
  };
}
