// A memory group of cgroup v1 that stands for a small host, so that other programs of the machine do not count.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { removeGroup } from '../../src/cgroups/cgroupfs.ts';
import { ownGroups } from '../../src/cgroups/own-groups.ts';
import { groupMemoryV1 } from '../../src/cgroups/v1/memory.ts';
import { BABYSIT } from './cli.ts';
import { expectedDriver } from './expected-driver.ts';
import { groupTag, type TestHome } from './home.ts';
import { waitUntil } from './wait-until.ts';

export const NEEDS_V1 = 'needs root and cgroup v1, where one group may hold both processes and groups';
export const HAS_SMALL_HOST = expectedDriver() === 'v1';

export interface SmallHost {
  /** A shell line that runs `line` on this host. */
  inside(line: string): string;
  /** How often its use met its limit. */
  limitHits(): number;
  /** The limit of all tasks together. */
  parentLimit(): number;
  /** Percent of its memory in use, as the daemon counts it, plus `moreBytes`. */
  usedPct(moreBytes: number): number;
}

let count = 0;

/** A daemon on a host of this size. Call after `testHome`, so that its daemon ends before the group is removed. */
export function daemonOnSmallHost(t: TestContext, { env, work, dir }: TestHome, bytes: number): SmallHost {
  const own = ownGroups({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc', tag: 'none' }).v1('memory');
  count += 1;
  const path = join(own?.base ?? '', `small-host-${process.pid}-${count}`);
  mkdirSync(path);
  t.after(() => removed(path));
  writeFileSync(join(path, 'memory.limit_in_bytes'), String(bytes));
  const inside = (line: string) => `echo $$ >${path}/cgroup.procs && ${line}`;
  const start = inside(`exec ${BABYSIT} daemon-start`);
  execFileSync('sh', ['-c', start], { cwd: work, env: { ...env, BABYSIT_NODE: process.execPath } });
  const number = (file: string) => Number(readFileSync(join(path, file), 'utf8'));
  const usedBytes = () => groupMemoryV1(path).usedBytes() ?? 0;
  return {
    inside,
    limitHits: () => number('memory.failcnt'),
    parentLimit: () => number(`babysit-${groupTag(dir)}/memory.limit_in_bytes`),
    usedPct: (moreBytes) => (100 * (usedBytes() + moreBytes)) / bytes,
  };
}

/** A process that was killed leaves the group when its memory is free. */
async function removed(path: string): Promise<void> {
  await waitUntil(() => removeGroup(path) === null, { what: `${path} to be empty` });
}
