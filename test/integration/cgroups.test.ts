// The cgroup driver against the real kernel: one set of tests, run on whatever driver this kernel gives.
// BABYSIT_TEST_DRIVER=v2|v1|none names the driver it must be, so that a silent fallback fails.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { DriverError } from '../../src/cgroups/port.ts';
import { UNKNOWN_DRIVER } from '../support/expected-driver.ts';
import {
  closeDriver,
  contents,
  cpuUsec,
  driver,
  enforces,
  expected,
  MIB,
  probe,
  ROOMY,
  run,
  until,
  withGroup,
} from '../support/rigs/group-rig.ts';

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
        // Under load the kernel lets a group run ahead of its quota and takes it back in the periods that
        // follow, so it is the mean that comes below the cap. Without a cap it stays at 1.
        const from = { cpu: cpuUsec(group), at: performance.now() };
        await until(`ten periods with a mean below a cap of ${cores}`, () => {
          const usec = cpuUsec(group) - from.cpu;
          return usec > 1_000_000 * cores && usec / 1000 / (performance.now() - from.at) < cores * 1.5;
        });
      }
    });
  });
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
      const child = run(group, 'echo inside; exec sleep 1000');
      assert(child.stdout);
      await once(child.stdout, 'data');
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
after(closeDriver);
