// What the kernel charges for all that a process starts from now on: a memory cgroup put around it. Linux, as root.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface MemoryCharge {
  /** Anonymous memory and what the kernel itself needs: stacks, page tables, pipes. No page cache: that is the log's. */
  mb(): number;
  /** Puts every process back and removes the group. */
  close(): void;
}

const MIB = 1024 ** 2;
const ROOT = '/sys/fs/cgroup';

/** Null where no group can be made. What `pid` has used until now stays charged to the group it was in. */
export function openMemoryCharge(pid: number): MemoryCharge | null {
  const memberships = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const v1 = /^\d+:memory:(.*)$/m.exec(memberships)?.[1];
  const v2 = /^0::(.*)$/m.exec(memberships)?.[1];
  const home = v1 === undefined ? join(ROOT, v2 ?? '') : join(ROOT, 'memory', v1);
  // In v2 a group that holds processes has none below it that counts memory: there it is one beside it.
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
