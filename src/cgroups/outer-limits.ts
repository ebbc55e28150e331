// The limits of the groups around the daemon (container, slice, session): the smallest on the way up applies.
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { HostMemory } from '../procfs/meminfo.ts';
import { processesIn, read } from './cgroupfs.ts';
import type { OwnGroup, OwnGroups } from './own-groups.ts';
import type { GroupMemory } from './port.ts';
import { cpuCount, keyed, quotaCoresV1, quotaCoresV2, single } from './usage.ts';
import { groupMemoryV1 } from './v1/memory.ts';
import { groupMemoryV2 } from './v2/memory.ts';

export interface OuterLimits {
  /** The memory of the host, reduced to what the groups around the daemon leave. */
  memory(host: HostMemory): HostMemory;
  /** The processes that share what is available: those of the group that leaves the least; null: all of the host. */
  sharers(host: HostMemory): readonly number[] | null;
  /** The groups whose limit is below the memory of the host. */
  readonly limitedBy: readonly string[];
  /** Cores by quota and cpuset; Infinity without a limit. A quota may be a fraction. */
  readonly cores: number;
  /** CPU time in us of the group with the smallest quota; null without a quota: then the cores of the host are shared. */
  cpuUsec(): number | null;
  /** Processes and threads; Infinity without a limit. */
  readonly pidsMax: number;
}

export function outerLimits(own: OwnGroups): OuterLimits {
  const v1 = (controller: string) => wayUp(own.v1(controller));
  const v2 = wayUp(own.v2);
  const memories = [...v2.map(groupMemoryV2), ...v1('memory').map(groupMemoryV1)];
  const quotas = [
    ...v2.map((path) => ({ path, cores: quotaCoresV2(read(`${path}/cpu.max`)) })),
    ...v1('cpu').map((path) => ({
      path,
      cores: quotaCoresV1(read(`${path}/cpu.cfs_quota_us`), read(`${path}/cpu.cfs_period_us`)),
    })),
  ].sort((a, b) => a.cores - b.cores);
  const [smallest] = quotas.filter(({ cores }) => cores < availableParallelism());
  return {
    memory: (host) => leastOf(memories, host).left,
    sharers: (host) => {
      const { path } = leastOf(memories, host);
      return path === null ? null : processesIn(path);
    },
    limitedBy: memories
      .filter(({ limitBytes }) => (limitBytes() ?? Infinity) < totalmem())
      .map(({ path }) => path),
    cores: Math.min(
      ...quotas.map(({ cores }) => cores),
      ...v2.map((path) => cpuCount(read(`${path}/cpuset.cpus.effective`))),
      ...v1('cpuset').map((path) => cpuCount(read(`${path}/cpuset.effective_cpus`))),
    ),
    cpuUsec: () => (smallest === undefined ? null : groupCpuUsec(smallest.path)),
    pidsMax: Math.min(...[...v2, ...v1('pids')].map((path) => single(read(`${path}/pids.max`)) ?? Infinity)),
  };
}

/** v1 has the counter in this directory where cpu and cpuacct are mounted together, which is the usual case. */
function groupCpuUsec(path: string): number | null {
  const stat = read(`${path}/cpu.stat`) ?? '';
  if (stat.includes('usage_usec')) return keyed(stat, 'usage_usec');
  const usageNs = single(read(`${path}/cpuacct.usage`));
  return usageNs === null ? null : usageNs / 1000;
}

/** What the groups leave, and the directory of the one that leaves the least; null: the host itself does. */
function leastOf(memories: readonly GroupMemory[], host: HostMemory) {
  let left = host;
  let path: string | null = null;
  for (const group of memories) {
    const next = within(left, group, host.totalBytes);
    if (next.availableBytes < left.availableBytes) path = group.path;
    left = next;
  }
  return { left, path };
}

/** A group whose limit is not below the memory of the machine changes nothing. */
function within(left: HostMemory, group: GroupMemory, machineBytes: number): HostMemory {
  const limitBytes = group.limitBytes();
  if (limitBytes === null || limitBytes >= machineBytes) return left;
  const freeBytes = Math.max(0, limitBytes - (group.usedBytes() ?? 0));
  return {
    totalBytes: Math.min(left.totalBytes, limitBytes),
    availableBytes: Math.min(left.availableBytes, freeBytes),
  };
}

/** The directory of the group and of each group above it that the mount shows. */
function wayUp(group: OwnGroup | null): string[] {
  if (group === null) return [];
  const paths: string[] = [];
  let path = group.base;
  for (; path !== group.top && path !== '/'; path = dirname(path)) paths.push(path);
  return [...paths, path];
}
