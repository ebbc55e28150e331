// The cgroup driver against the real kernel: one set of tests, run on whatever driver this kernel gives.
// BABYSIT_TEST_DRIVER=v2|v1|none names the driver it must be, so that a silent fallback fails.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { openDriver } from '../../src/cgroups/open.ts';
import { DriverError, type Group, type GroupLimits } from '../../src/cgroups/port.ts';
import { readStat } from '../../src/procfs/stat.ts';
import { expectedDriver, UNKNOWN_DRIVER } from '../support/expected-driver.ts';
import { waitUntil } from '../support/wait-until.ts';

const expected = expectedDriver();
const { driver, probe, close } = openDriver({
  tag: `test-${process.pid}`,
  want: expected === 'none' ? 'none' : 'auto',
});
const { enforces } = probe;
const MIB = 1 << 20;
const ROOMY: GroupLimits = { memMaxBytes: 256 * MIB, cpuMaxCores: 1, cpuWeight: 50, pidsMax: 64 };
const DEADLINE_MS = 20_000;
const started: number[] = [];

/** Runs `script` as the launcher does: in a session of its own, inside the group before its first instruction. */
function run(group: Group, script: string): ChildProcess {
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

function startTicks(pid: number): number {
  return readStat(pid)?.startTicks ?? Number.NaN;
}

let count = 0;
async function withGroup(limits: GroupLimits, body: (group: Group) => Promise<void> | void): Promise<void> {
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

function removed(path: string): boolean {
  try {
    rmdirSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  return true;
}

const until = (what: string, condition: () => boolean) =>
  waitUntil(condition, { deadlineMs: DEADLINE_MS, what });
const cpuUsec = (group: Group): number => group.usage()?.cpuUsec ?? 0;
const contents = (path: string): string => readFileSync(path, 'utf8').trim();

test('the driver is the expected one', { skip: expected === null && UNKNOWN_DRIVER }, () => {
  assert.equal(driver.kind, expected, JSON.stringify(probe.answers, null, 2));
});

test('the driver enforces what its kind promises', () => {
  const all = driver.kind !== 'none';
  assert.deepEqual(
    { memory: enforces.memory, cpu: enforces.cpu, pids: enforces.pids, freeze: enforces.freeze },
    { memory: all, cpu: all, pids: all, freeze: true },
  );
});

test('every driver that was passed over gives a reason and a fix', () => {
  assert.ok(probe.answers.length >= 1);
  assert.equal(probe.answers.filter(({ what, ok }) => ok && what !== 'systemd units').length, 1);
  for (const { ok, reason, fix } of probe.answers) {
    assert.ok(reason.length > 0);
    assert.equal(fix === null, ok);
  }
});

test('a command is in the group before its first instruction, and the group is empty when it ends', async () => {
  await withGroup(ROOMY, async (group) => {
    assert.equal(group.populated(), false);
    const child = run(group, 'cat /proc/self/cgroup; exec sleep 1000');
    assert.ok(child.stdout);
    const [output] = await once(child.stdout, 'data');
    if (driver.kind !== 'none') {
      const lines = String(output).split('\n');
      const inGroup = lines.filter((line) => line.endsWith(`/${group.ref.name}`));
      assert.equal(inGroup.length, group.entryFiles.length, String(output));
    }
    await until('only the command to be left', () => group.pids().length === 1);
    assert.deepEqual(group.pids(), [child.pid]);
    assert.equal(group.remove(), false, 'a busy group is not removed');
    assert.equal(group.signal('SIGTERM'), 1);
    await until('the group to be empty', () => !group.populated());
    assert.deepEqual(group.pids(), []);
  });
});

test('use is measured', async () => {
  await withGroup(ROOMY, async (group) => {
    run(
      group,
      'head -c 40m /dev/zero | { tail; sleep 1000; } & i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; wait',
    );
    // tail holds the 40 MiB only while it runs.
    let peak = 0;
    await until('40 MiB and 20 ms of CPU in use', () => {
      const usage = group.usage();
      peak = Math.max(peak, usage?.memBytes ?? 0, usage?.memPeakCachedBytes ?? 0);
      return peak > 38 * MIB && cpuUsec(group) > 20_000;
    });
    assert.ok(peak < 120 * MIB, `${peak}`);
  });
});

if (enforces.memory) {
  test('page cache is no memory use', async () => {
    await withGroup(ROOMY, async (group) => {
      // The kernel charges cache to the first reader of a page, so the file leaves the cache before. Two reads put the
      // pages on the active list too. Dirty pages, and those of another reader, stay: hence the loop.
      const file = 'node_modules/better-sqlite3/deps/sqlite3/sqlite3.c';
      run(
        group,
        `while :; do sync ${file}; dd if=${file} iflag=nocache count=0; cat ${file} ${file}; sleep 0.1; done >/dev/null 2>&1`,
      );
      await until('the file to be in the cache', () => (group.usage()?.memPeakCachedBytes ?? 0) > 8 * MIB);
      await until('the working set to be small', () => (group.usage()?.memBytes ?? Infinity) < 4 * MIB);
      await until('its peak to be small', () => (group.usage()?.memPeakBytes ?? 0) < 8 * MIB);
    });
  });
}

if (driver.kind === 'v1' || driver.kind === 'v2') {
  const directoriesOf = (group: Group): string[] =>
    [
      ...new Set(
        Object.values(group.ref).filter((value) => typeof value === 'string' && value.startsWith('/')),
      ),
    ] as string[];

  test('a process that was moved out of the group is counted, signaled and killed', async () => {
    await withGroup(ROOMY, async (group) => {
      const others = directoriesOf(group).map((directory) => join(dirname(directory), 'other'));
      const child = run(group, `x=$(head -c 20m /dev/zero | tr '\\0' x); sleep 1000 & wait`);
      await until('the shell to hold 20 MiB', () => {
        const { memBytes, pids } = group.usage() ?? { memBytes: 0, pids: 0 };
        return (memBytes ?? 0) > 20 * MIB && pids === 2;
      });
      assert.deepEqual(group.usage()?.strays, []);
      const pids = group.pids();
      try {
        for (const other of others) {
          mkdirSync(other);
          for (const pid of pids) writeFileSync(join(other, 'cgroup.procs'), String(pid));
        }
        await until('the processes to be found', () => group.usage()?.strays.length === pids.length);
        assert.ok((group.usage()?.memBytes ?? 0) > 20 * MIB);
        assert.deepEqual([...group.pids()].sort(), [...pids].sort());
        assert.ok(group.populated());
        group.killAll();
        await until('all to be gone', () => !group.populated());
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      } finally {
        for (const other of others) await until('the other group to be removed', () => removed(other));
      }
    });
  });

  test('a group below that the task has frozen is killed with it', async () => {
    await withGroup(ROOMY, async (group) => {
      const [directory, file, frozen] =
        driver.kind === 'v1'
          ? [group.ref.freezer, 'freezer.state', 'FROZEN']
          : [group.ref.path, 'cgroup.freeze', '1'];
      const below = join(String(directory), 'below');
      run(group, 'sleep 1000');
      await until('the command to run', () => group.pids().length === 1);
      const [pid] = group.pids();
      mkdirSync(below);
      writeFileSync(join(below, 'cgroup.procs'), String(pid));
      writeFileSync(join(below, file), frozen);
      group.killAll();
      await until('it to be gone', () => !group.populated());
    });
  });
}

if (driver.kind === 'v2') {
  test('the caps are in the files of the group', async () => {
    await withGroup({ memMaxBytes: 64 * MIB, cpuMaxCores: 0.5, cpuWeight: 20, pidsMax: 9 }, (group) => {
      const file = (name: string): string => contents(`${group.ref.path}/${name}`);
      assert.equal(file('memory.max'), String(64 * MIB));
      assert.equal(file('memory.high'), 'max');
      assert.equal(file('memory.swap.max'), '0');
      assert.equal(file('memory.oom.group'), '1');
      assert.equal(file('cpu.max'), '50000 100000');
      assert.equal(file('cpu.weight'), '20');
      assert.equal(file('pids.max'), '9');
      group.setLimits(ROOMY);
      assert.equal(file('memory.max'), String(256 * MIB));
    });
  });
}

if (driver.kind === 'v1') {
  test('the caps are in the files of the group, and go up and down', async () => {
    await withGroup({ memMaxBytes: 64 * MIB, cpuMaxCores: 0.5, cpuWeight: 50, pidsMax: 9 }, (group) => {
      const file = (controller: string, name: string): string => contents(`${group.ref[controller]}/${name}`);
      const memory = (): string[] =>
        ['limit', 'memsw.limit'].map((name) => file('memory', `memory.${name}_in_bytes`));
      assert.deepEqual(memory(), [String(64 * MIB), String(64 * MIB)]);
      assert.equal(file('memory', 'memory.swappiness'), '0');
      assert.equal(file('cpu', 'cpu.cfs_quota_us'), '50000');
      assert.equal(file('cpu', 'cpu.shares'), '512');
      assert.equal(file('pids', 'pids.max'), '9');
      group.setLimits(ROOMY);
      assert.deepEqual(memory(), [String(256 * MIB), String(256 * MIB)]);
      group.setLimits({ ...ROOMY, memMaxBytes: 32 * MIB });
      assert.deepEqual(memory(), [String(32 * MIB), String(32 * MIB)]);
    });
  });
}

if (enforces.memory) {
  test('the kernel ends a task above its memory cap, and counts it', async () => {
    await withGroup({ ...ROOMY, memMaxBytes: 48 * MIB }, async (group) => {
      let calls = 0;
      const stop = group.watch(() => {
        calls += 1;
      });
      run(group, 'sleep 1000 & head -c 200m /dev/zero | tail > /dev/null; wait');
      await until('an OOM kill', () => (group.usage()?.oomKills ?? 0) >= 1);
      if (enforces.wholeGroupOom) await until('the whole group to be gone', () => !group.populated());
      else assert.ok(group.populated(), 'v1 leaves the rest of the group to the watchdog');
      assert.ok((group.usage()?.memPeakCachedBytes ?? 48 * MIB) <= 48 * MIB);
      assert.equal(group.usage()?.isOomAtOwnCap, true);
      if (driver.kind === 'v2') await until('the watcher to be called', () => calls > 0);
      stop();
    });
  });
}

if (enforces.memory) {
  test('an OOM kill at the limit of a group around the task is not one at its own cap', async () => {
    await withGroup(ROOMY, async (group) => {
      const [path, file, none] =
        driver.kind === 'v1'
          ? [group.ref.memory, 'memory.limit_in_bytes', '-1']
          : [group.ref.path, 'memory.max', 'max'];
      const limit = join(dirname(String(path)), file);
      writeFileSync(limit, String(48 * MIB));
      try {
        run(group, 'head -c 200m /dev/zero | tail > /dev/null');
        await until('an OOM kill', () => (group.usage()?.oomKills ?? 0) >= 1);
        assert.equal(group.usage()?.isOomAtOwnCap, false);
      } finally {
        writeFileSync(limit, none);
      }
    });
  });
}

if (enforces.cpu) {
  test('a busy loop gets the CPU of its cap, also after the cap was lowered', async () => {
    await withGroup({ ...ROOMY, cpuMaxCores: 0.4 }, async (group) => {
      run(group, 'while :; do :; done');
      await until('the loop to run', () => cpuUsec(group) > 50_000);
      for (const cores of [0.4, 0.1]) {
        group.setLimits({ ...ROOMY, cpuMaxCores: cores });
        // From the end of a period on, because the rest of the larger quota may still be spent.
        const settled = cpuUsec(group) + 50_000;
        await until('a period to pass', () => cpuUsec(group) > settled);
        const used = await cpuShare(group, 1_000_000 * cores);
        assert.ok(used < cores * 1.5, `${used} cores used under a cap of ${cores}`);
      }
    });
  });
}

/** Cores used while the group burns `usec` of CPU time. */
async function cpuShare(group: Group, usec: number): Promise<number> {
  const from = { cpu: cpuUsec(group), at: performance.now() };
  await until('CPU time to be used', () => cpuUsec(group) - from.cpu > usec);
  return (cpuUsec(group) - from.cpu) / 1000 / (performance.now() - from.at);
}

if (enforces.pids) {
  test('forks beyond the cap are refused and counted', async () => {
    await withGroup({ ...ROOMY, pidsMax: 6 }, async (group) => {
      run(group, 'for i in 1 2 3 4 5 6 7 8 9; do (sleep 1000 &) 2>/dev/null; done; exec sleep 1000');
      await until('a refused fork', () => (group.usage()?.pidsMaxHits ?? 0) >= 1);
      assert.ok((group.usage()?.pids ?? 0) <= 6);
    });
  });
}

test('a frozen group stands still and a thawed one runs on', async () => {
  await withGroup({ ...ROOMY, cpuMaxCores: 0.5 }, async (group) => {
    run(group, 'while :; do :; done');
    await until('the loop to run', () => cpuUsec(group) > 20_000);
    group.freeze();
    // Still for 300 ms: three periods of the sampling of `none`, and 150 ms of CPU for a loop that was not stopped.
    let last = { cpu: -1, at: 0 };
    await until('the group to stand still', () => {
      const cpu = cpuUsec(group);
      if (cpu !== last.cpu) last = { cpu, at: performance.now() };
      return performance.now() - last.at > 300;
    });
    assert.ok(group.populated(), 'a frozen group is not an ended one');
    group.thaw();
    await until('the loop to run again', () => cpuUsec(group) > last.cpu + 20_000);
  });
});

test('the kill leaves nothing of a tree that forks all the time and has daemons', async () => {
  await withGroup(ROOMY, async (group) => {
    const forking = 'while :; do sleep 0.01 & wait; done';
    run(group, `setsid -f sh -c '${forking}'; (${forking}) & (${forking}) & ${forking}`);
    await until('the tree to stand', () => group.pids().length >= 6);
    group.killAll();
    await until('the tree to be gone', () => !group.populated());
  });
});

test('the kill also ends a frozen group', async () => {
  await withGroup(ROOMY, async (group) => {
    run(group, 'sleep 1000 & exec sleep 1000');
    await until('both to run', () => group.pids().length === 2);
    group.freeze();
    group.killAll();
    await until('both to be gone', () => !group.populated());
  });
});

test('a daemonised child keeps the group populated after the command has ended', async () => {
  await withGroup(ROOMY, async (group) => {
    const child = run(group, 'setsid -f sleep 1000; exit 7');
    const [code] = await once(child, 'exit');
    assert.equal(code, 7);
    assert.ok(group.populated());
    assert.equal(group.pids().length, 1);
  });
});

test('a group is opened again from its stored reference', async () => {
  await withGroup(ROOMY, async (group) => {
    run(group, 'setsid -f sleep 1000; exec sleep 1000');
    // setsid is a third process for a moment.
    const names = () => group.pids().map(commandOf);
    await until('both to run', () => names().join() === 'sleep,sleep');
    const again = driver.open(JSON.parse(JSON.stringify(group.ref)));
    assert.deepEqual(new Set(again.pids()), new Set(group.pids()));
    assert.deepEqual(again.ref, group.ref);
    assert.equal(again.usage()?.pids, 2);
    again.killAll();
    await until('both to be gone', () => !group.populated());
    again.close();
  });
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

test('a removed group is empty, and no call on it fails', () => {
  const group = driver.create('t-gone', ROOMY);
  const ref = group.ref;
  assert.equal(group.remove(), true);
  for (const gone of [group, driver.open(ref)]) {
    assert.equal(gone.populated(), false);
    assert.deepEqual(gone.pids(), []);
    assert.equal(gone.signal('SIGTERM'), 0);
    gone.setLimits(ROOMY);
    gone.freeze();
    gone.thaw();
    gone.killAll();
    gone.watch(() => {})();
    assert.equal(gone.remove(), true);
    gone.close();
  }
  assert.equal(group.usage(), null);
});

test('names that are not directory names are refused', () => {
  for (const name of ['', '..', 'a/b', 'a b']) {
    assert.throws(() => driver.create(name, ROOMY), DriverError);
  }
});

if (driver.kind !== 'none') {
  test('a group is listed, and with processes in it cannot be made again', async () => {
    await withGroup(ROOMY, async (group) => {
      assert.deepEqual(driver.list(), [group.ref]);
      run(group, 'exec sleep 1000');
      await until('the command to run', () => group.populated());
      assert.throws(() => driver.create(String(group.ref.name), ROOMY), {
        name: 'DriverError',
        code: 'EEXIST',
      });
      assert.ok(group.populated());
    });
  });

  test('a group with caps that the kernel refuses leaves nothing behind', () => {
    assert.throws(() => driver.create('t-refused', { ...ROOMY, memMaxBytes: Number.NaN }), DriverError);
    assert.deepEqual(driver.list(), []);
  });
}

after(async () => {
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
});
