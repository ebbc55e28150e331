// Memory for tests of what happens when there is little of it: tasks that hold some, and parts of what the host has.
import { outerLimits } from '../../src/cgroups/outer-limits.ts';
import { ownGroups } from '../../src/cgroups/own-groups.ts';
import { type HostMemory, readHostMemory } from '../../src/procfs/meminfo.ts';

export const MIB = 1024 ** 2;

/** A shell line that holds so much memory while `line` runs: tail(1) keeps the last bytes of a pipe until its end. */
export function hold(bytes: number, line: string): string {
  return `{ head -c ${bytes} /dev/zero; ${line}; } | tail -c ${bytes} >/dev/null`;
}

/** Percent of the host's memory: the use now plus `moreBytes`, which may be negative. */
export function pctOfHostInUse(moreBytes: number): number {
  const { totalBytes, availableBytes } = hostMemory();
  return (100 * (totalBytes - availableBytes + moreBytes)) / totalBytes;
}

/** As the daemon of this machine or container sees it. */
function hostMemory(): HostMemory {
  const own = ownGroups({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc', tag: 'test' });
  return outerLimits(own).memory(readHostMemory());
}
