// Finds out from the kernel log which cgroup's limit led to an OOM kill. Linux 4.19 writes this line for each kill:
//   oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=tail,…
// For a host without memory the constraint differs, and there is no oom_memcg.
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** The log is a ring buffer: a host with a larger one loses only the oldest records here. */
const MAX_RECORDS = 50_000;
/** CONSOLE_EXT_LOG_MAX: read(2) returns one record and needs a buffer for all of it. */
const buffer = Buffer.allocUnsafe(8192);

/**
 * The cgroup at whose limit the kernel last killed a process of the group `name`, a segment of its path; empty for the host.
 * Returns null if the log has no such kill or must not be read (kernel.dmesg_restrict). Takes about 2 us for each record.
 */
export function oomCgroupOf(name: string): string | null {
  return lastOomCgroup(kernelRecords(), name);
}

export function lastOomCgroup(records: Iterable<string>, name: string): string | null {
  let found: string | null = null;
  for (const record of records) {
    const victim = /oom-kill:.*?\btask_memcg=([^,]*),/.exec(record)?.[1];
    if (victim?.split('/').includes(name)) found = /\boom_memcg=([^,]*),/.exec(record)?.[1] ?? '';
  }
  return found;
}

function* kernelRecords(): Generator<string> {
  let fd: number;
  try {
    fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return;
  }
  try {
    for (let count = 0; count < MAX_RECORDS; count += 1) {
      const record = readRecord(fd);
      if (record === null) return;
      if (record.includes('oom-kill:')) yield record;
    }
  } finally {
    closeSync(fd);
  }
}

/** Null at the end. Empty for a record that the kernel overwrote (EPIPE). */
function readRecord(fd: number): string | null {
  try {
    return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, null));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPIPE' ? '' : null;
  }
}
