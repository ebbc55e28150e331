// A task whose processes leave its group, are frozen in it, or are killed by the kernel for the memory of others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Group } from '../../src/cgroups/port.ts';
import {
  closeDriver,
  driver,
  enforces,
  MIB,
  ROOMY,
  run,
  until,
  withGroup,
} from '../support/rigs/group-rig.ts';

function removed(path: string): boolean {
  try {
    rmdirSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  return true;
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
      const child = run(group, `x=$(head -c 20m /dev/zero | tr '\\0' x); sleep 1000 & echo ready; wait`);
      assert.ok(child.stdout);
      await once(child.stdout, 'data');
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
      run(group, 'exec sleep 1000');
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

after(closeDriver);
