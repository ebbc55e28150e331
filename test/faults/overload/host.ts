// The small host: a memory group of v1 around everything, or the machine itself.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeGroup } from '../../../src/cgroups/cgroupfs.ts';
import { ownGroups } from '../../../src/cgroups/own-groups.ts';
import { readHostMemory } from '../../../src/procfs/meminfo.ts';

export interface SmallHost {
  readonly bytes: number;
  look(): { readonly availableBytes: number; readonly limitHits: number };
  /** OOM kills at the limit of the host, or of a group above the one of all tasks, since the begin. Null: no kernel log. */
  oomKillsAbove(): number | null;
}

/** `bytes`: null for the machine itself. */
export function smallHost(bytes: number | null, later: { after(clean: () => void): void }): SmallHost {
  const isOurs = (record: string) => /oom_memcg=[^,]*babysit/.test(record);
  const seen = oomRecords()?.length ?? 0;
  const oomKillsAbove = () =>
    oomRecords()
      ?.slice(seen)
      .filter((record) => !isOurs(record)).length ?? null;
  if (bytes === null) {
    const look = () => ({ availableBytes: readHostMemory().availableBytes, limitHits: 0 });
    return { bytes: readHostMemory().totalBytes, look, oomKillsAbove };
  }
  const own = ownGroups({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc', tag: 'none' }).v1('memory');
  const base = own?.base ?? '';
  const path = join(base, `overload-${process.pid}`);
  mkdirSync(path);
  writeFileSync(join(path, 'memory.limit_in_bytes'), String(bytes));
  writeFileSync(join(path, 'cgroup.procs'), String(process.pid));
  later.after(() => {
    writeFileSync(join(dirname(path), 'cgroup.procs'), String(process.pid));
    const refusal = removeGroup(path);
    if (refusal !== null) process.stderr.write(`${path} was left: ${refusal}\n`);
  });
  const read = (file: string) => readFileSync(join(path, file), 'utf8');
  const cacheBytes = () => {
    const stat = read('memory.stat');
    const of = (key: string) => Number(new RegExp(`^${key} (\\d+)`, 'm').exec(stat)?.[1] ?? 0);
    return of('total_inactive_file') + of('total_active_file');
  };
  return {
    bytes,
    look: () => ({
      availableBytes: bytes - Number(read('memory.usage_in_bytes')) + cacheBytes(),
      limitHits: Number(read('memory.failcnt')),
    }),
    oomKillsAbove,
  };
}

/** Null where the kernel log must not be read. */
function oomRecords(): string[] | null {
  const { status, stdout } = spawnSync('dmesg', { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
  return status === 0 ? stdout.split('\n').filter((record) => record.includes('oom-kill:')) : null;
}
