// Measures what the kernel charges for the future children of a process, with a memory cgroup. Linux, as root.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface MemoryCharge {
  /** Anonymous and kernel memory: stacks, page tables, pipes. Not the page cache, which belongs to the log. */
  mb(): number;
  /** Moves every process back and removes the group. */
  close(): void;
}

const MIB = 1024 ** 2;
const ROOT = '/sys/fs/cgroup';

/** Returns null when it cannot create a group. Memory that `pid` uses already stays charged to its old group. */
export function openMemoryCharge(pid: number): MemoryCharge | null {
  const memberships = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const v1 = /^\d+:memory:(.*)$/m.exec(memberships)?.[1];
  const v2 = /^0::(.*)$/m.exec(memberships)?.[1];
  const home = v1 === undefined ? join(ROOT, v2 ?? '') : join(ROOT, 'memory', v1);
  // cgroup v2 forbids controllers below a group with processes, so there the group is a sibling.
  const group = join(v1 === undefined ? dirname(home) : home, `babysit-bench-${pid}`);
  const file = (name: string) => readFileSync(join(group, name), 'utf8');
  const stat = (key: string) => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(file('memory.stat'))?.[1]);
  const charge: MemoryCharge = {
    mb() {
      const bytes =
        v1 === undefined
          ? stat('anon') + stat('kernel')
          : stat('rss') + Number(file('memory.kmem.usage_in_bytes'));
      return bytes / MIB;
    },
    close() {
      for (const member of file('cgroup.procs').split('\n'))
        if (member !== '') writeFileSync(join(home, 'cgroup.procs'), member);
      rmdirSync(group);
    },
  };
  try {
    mkdirSync(group);
  } catch {
    return null;
  }
  try {
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
    return charge;
  } catch {
    rmdirSync(group);
    return null;
  }
}
