// A driver on the kernel of this machine, with groups that a test fills and that leave nothing behind.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { openDriver } from '../../../src/cgroups/open.ts';
import type { Group, GroupLimits } from '../../../src/cgroups/port.ts';
import { readStat } from '../../../src/procfs/process/stat.ts';
import { expectedDriver } from '../expected-driver.ts';
import { waitUntil } from '../wait-until.ts';

export const expected = expectedDriver();
export const { driver, probe, close } = openDriver({
  tag: `test-${process.pid}`,
  want: expected === 'none' ? 'none' : 'auto',
});
export const { enforces } = probe;
export const MIB = 1 << 20;
export const ROOMY: GroupLimits = { memMaxBytes: 256 * MIB, cpuMaxCores: 1, cpuWeight: 50, pidsMax: 64 };
const started: number[] = [];

/** Runs `script` as the launcher does: in a session of its own, inside the group before its first instruction. */
export function run(group: Group, script: string): ChildProcess {
  const enter = 'for file in "$@"; do echo 0 > "$file" || exit 126; done; exec sh -c "$SCRIPT"';
  const child = spawn('sh', ['-c', enter, 'sh', ...group.entryFiles], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, SCRIPT: script, BABYSIT_GROUP: String(group.ref.name) },
  });
  assert(child.pid);
  started.push(child.pid);
  group.attach({ pid: child.pid, startTicks: startTicks(child.pid) });
  return child;
}

export function startTicks(pid: number): number {
  return readStat(pid)?.startTicks ?? Number.NaN;
}

let count = 0;
export async function withGroup(
  limits: GroupLimits,
  body: (group: Group) => Promise<void> | void,
): Promise<void> {
  count += 1;
  // The name marks its processes, on the whole host.
  const group = driver.create(`t-${process.pid}-${count}`, limits);
  try {
    await body(group);
  } finally {
    group.killAll();
    await waitUntil(() => !group.populated() && group.remove(), {
      what: `group ${count} to be empty and removed`,
    });
    assert.equal(group.usage(), null, 'a removed group has no usage');
    group.close();
  }
}

export const until = (what: string, condition: () => boolean) => waitUntil(condition, { what });
export const cpuUsec = (group: Group): number => group.usage()?.cpuUsec ?? 0;
export const contents = (path: string): string => readFileSync(path, 'utf8').trim();

/** Call after the last test of the file. */
export async function closeDriver(): Promise<void> {
  await waitUntil(() => started.every((pid) => !existsSync(`/proc/${pid}`)), {
    what: 'every process of these tests to be gone',
  });
  assert.deepEqual(driver.list(), []);
  close();
  const parents = probe.answers.flatMap(({ ok, reason }) =>
    ok ? (reason.match(/\/[^ ,]*babysit-test-\d+/g) ?? []) : [],
  );
  assert.deepEqual(
    parents.filter((path) => existsSync(path)),
    [],
  );
}
