// A database that cannot be read or written: refused with a fix, left unchanged, and usable again once it is fixed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { SMALL } from '../support/budget.ts';
import { lastJson } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { NEEDS_MOUNT, type SmallDisk, smallDisk } from '../support/small-disk.ts';
import { hasStarted, show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const DATABASE = ['babysit.db', 'babysit.db-wal', 'babysit.db-shm'];
const EXIT_UNREACHABLE = 69;
const EXIT_TRY_AGAIN = 75;

/** A home on a small disk of its own; its daemon ends before the disk is unmounted. */
async function onDisk(
  t: TestContext,
  size: string,
  body: (home: TestHome, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const base = testHome(t);
  const disk = smallDisk(t, size);
  writeFileSync(join(disk.dir, 'config.json'), JSON.stringify({ admission: { min_free_disk: '1K' } }));
  const env = { BABYSIT_HOME: disk.dir };
  const home: TestHome = {
    ...base,
    dir: disk.dir,
    run: (args, options) => base.run(args, { ...options, env }),
  };
  try {
    await body(home, disk);
  } finally {
    await home.run(['daemon-stop', '--kill_tasks']);
  }
}

async function runTo(home: TestHome, name: string, exitCode: number): Promise<void> {
  const done = await home.run([
    'run',
    '--wait',
    `--name=${name}`,
    ...SMALL,
    `--command=echo out; exit ${exitCode}`,
  ]);
  assert.equal(lastJson(done.stdout).exit_code, exitCode, done.stderr);
}

function stateOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^daemon\./.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
    .sort();
}

const COMMANDS: readonly (readonly string[])[] = [['daemon-start'], ['run', ...SMALL, 'true'], ['list']];

async function refuses(home: TestHome, fix: RegExp, commands = COMMANDS): Promise<void> {
  for (const args of commands) {
    const { code, stdout, stderr } = await home.run(args);
    assert.deepEqual([code, stdout], [EXIT_UNREACHABLE, ''], `${args}: ${stderr}`);
    assert.match(stderr, fix);
  }
}

const DAMAGES: readonly (readonly [what: string, fix: RegExp, damage: (path: string) => void])[] = [
  [
    'overwritten with text',
    /Restore it from a backup/,
    (path) => writeFileSync(path, 'my diary\n'.repeat(2000)),
  ],
  [
    'cut off in the middle',
    /Restore it from a backup/,
    (path) => truncateSync(path, readFileSync(path).length / 2),
  ],
  [
    'with pages of noise',
    /Restore it from a backup/,
    (path) => {
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xa5, 8192, 24_576));
    },
  ],
  [
    'with a broken header',
    /Restore it from a backup/,
    (path) => {
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0, 0, 100));
    },
  ],
  ['emptied', /Restore it from a backup/, (path) => truncateSync(path, 0)],
  [
    'of another program',
    /Point BABYSIT_HOME elsewhere/,
    (path) => {
      rmSync(path);
      new Database(path).exec('CREATE TABLE milk (litres INTEGER)').close();
    },
  ],
  [
    'of a newer babysit',
    /Install the newer babysit again/,
    (path) => {
      const db = new Database(path);
      db.pragma('user_version = 999');
      db.close();
    },
  ],
];

describe('a database', () => {
  describe('that is damaged', () => {
    const home = testHome({ after });
    const path = () => join(home.dir, 'babysit.db');
    const saved = () => join(home.work, 'saved.db');

    before(async () => {
      await runTo(home, 'before', 3);
      await home.run(['daemon-stop']);
      cpSync(path(), saved());
    });

    for (const [what, fix, damage] of DAMAGES)
      it(`is refused unchanged: ${what}`, async () => {
        damage(path());
        const damaged = stateOf(home.dir);
        await refuses(home, fix, [['daemon-start']]);
        assert.deepEqual(stateOf(home.dir), damaged);
        restore();
      });

    it('is refused by every command, and has its tasks again once it is fixed', async () => {
      writeFileSync(path(), 'my diary');
      await refuses(home, /Restore it from a backup/);
      restore();
      const { exit_code, log_path } = await show(home, 'before');
      assert.deepEqual([exit_code, existsSync(String(log_path))], [3, true]);
      await runTo(home, 'after', 0);
    });

    function restore(): void {
      for (const file of DATABASE) rmSync(join(home.dir, file), { force: true });
      cpSync(saved(), path());
    }
  });

  it('with a log of changes from a SIGKILL opens with all of them, also with noise after them', async (t) => {
    const home = testHome(t);
    await runTo(home, 'before', 3);
    const pid = daemonPid(home);
    process.kill(pid, 'SIGKILL');
    await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
    const wal = join(home.dir, 'babysit.db-wal');
    writeFileSync(wal, Buffer.concat([readFileSync(wal), Buffer.alloc(10_000, 0xa5)]));
    assert.equal((await show(home, 'before')).exit_code, 3);
  });

  it('that is older than its tasks gets what it does not know from their files', async (t) => {
    const home = testHome(t);
    await runTo(home, 'before', 3);
    const copy = join(home.work, 'copy.db');
    assert.equal((await home.run(['backup', copy])).code, 0);
    await runTo(home, 'fresh', 4);
    const go = join(home.work, 'go');
    await submit(home, 'long', `${until(go)}; exit 7`);
    await waitUntil(() => hasStarted(home, 'long'), { what: 'the start' });
    await home.run(['daemon-stop']);
    const path = join(home.dir, 'babysit.db');
    cpSync(copy, path);
    assert.deepEqual(
      [(await show(home, 'fresh')).exit_code, (await show(home, 'long')).status],
      [4, 'running'],
    );
    assert.equal((await home.run(['log', 'fresh'])).stdout, 'out\n');
    const { notices } = lastJson((await home.run(['status', '--full'])).stdout);
    assert.match(JSON.stringify(notices), /did not know 2 tasks/);
    writeFileSync(go, '');
    assert.equal(lastJson((await home.run(['wait', 'long'])).stdout).exit_code, 7);
  });

  it('without its log of changes still has its tables, and its tasks from their files', async (t) => {
    const home = testHome(t);
    await runTo(home, 'before', 3);
    const pid = daemonPid(home);
    process.kill(pid, 'SIGKILL');
    await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
    for (const file of DATABASE.slice(1)) rmSync(join(home.dir, file), { force: true });
    assert.equal((await show(home, 'before')).exit_code, 3);
  });

  it('of another directory is refused', async (t) => {
    const [home, other] = [testHome(t), testHome(t)];
    for (const each of [home, other]) {
      await runTo(each, 'mine', 0);
      await each.run(['daemon-stop']);
    }
    const path = join(home.dir, 'babysit.db');
    const saved = readFileSync(path);
    cpSync(join(other.dir, 'babysit.db'), path);
    const refused = await home.run(['daemon-start']);
    assert.equal(refused.code, EXIT_UNREACHABLE);
    assert.match(refused.stderr, /does not belong to/);
    writeFileSync(path, saved);
  });

  it('on a read-only disk is refused with the fix', { skip: NEEDS_MOUNT }, (t) =>
    onDisk(t, '16m', async (home, disk) => {
      await runTo(home, 'before', 3);
      await home.run(['daemon-stop']);
      const before = stateOf(disk.dir);
      disk.setReadOnly(true);
      await refuses(home, /read-only.*set BABYSIT_HOME to a directory that you may write to/i);
      assert.deepEqual(stateOf(disk.dir), before);
      disk.setReadOnly(false);
      assert.equal((await show(home, 'before')).exit_code, 3);
      await runTo(home, 'after', 0);
    }),
  );

  it(
    'on a full disk refuses new tasks, records the end of the old ones, and accepts tasks again when there is room',
    {
      skip: NEEDS_MOUNT,
    },
    (t) =>
      onDisk(t, '4m', async (home, disk) => {
        await runTo(home, 'before', 3);
        const go = join(home.work, 'go');
        await submit(home, 'long', `${until(go)}; exit 7`);
        await submit(home, 'stopped', 'sleep 600');
        for (const name of ['long', 'stopped'])
          await waitUntil(() => hasStarted(home, name), { what: `the start of ${name}` });
        const makeRoom = disk.fill();
        await refusesWhileFull(home);
        assert.equal((await show(home, 'long')).status, 'running');
        writeFileSync(go, '');
        assert.equal(lastJson((await home.run(['wait', 'long'])).stdout).exit_code, 7);
        assert.equal((await home.run(['kill', 'stopped'])).code, 0);
        assert.equal((await show(home, 'stopped')).status, 'killed');
        const copy = new Database(join(disk.dir, 'babysit.db'), { readonly: true });
        assert.equal(copy.pragma('integrity_check', { simple: true }), 'ok');
        copy.close();
        makeRoom();
        await runTo(home, 'after', 0);
        assert.deepEqual(await names(home), ['after', 'before', 'long', 'stopped']);
      }),
  );

  it('on a disk without inodes keeps its queue', { skip: NEEDS_MOUNT }, (t) =>
    onDisk(t, '16m,nr_inodes=200', async (home, disk) => {
      const go = join(home.work, 'go');
      await submit(home, 'first', until(go), '--estimated_cpu_cores=1.9');
      await waitUntil(() => hasStarted(home, 'first'), { what: 'the start' });
      for (const name of ['second', 'third'])
        await home.run(['run', '--queue', `--name=${name}`, ...SMALL, '--estimated_cpu_cores=1.5', 'true']);
      const makeInodes = disk.fillInodes();
      const refused = await home.run(['run', '--queue', ...SMALL, 'true']);
      assert.equal(lastJson(refused.stderr).error, 'disk_full', refused.stderr);
      writeFileSync(go, '');
      assert.equal(lastJson((await home.run(['wait', 'first'])).stdout).exit_code, 0);
      assert.equal((await show(home, 'second')).status, 'pending');
      makeInodes();
      for (const name of ['second', 'third'])
        assert.equal(lastJson((await home.run(['wait', name])).stdout).exit_code, 0);
    }),
  );

  it('is not created in part on a full disk', { skip: NEEDS_MOUNT }, (t) =>
    onDisk(t, '1m', async (home, disk) => {
      const makeRoom = disk.fill();
      await refuses(home, /Free space on the disk of/);
      makeRoom();
      await runTo(home, 'after', 0);
    }),
  );
});

async function refusesWhileFull(home: TestHome): Promise<void> {
  const refused = await home.run(['run', '--name=refused', ...SMALL, 'true']);
  assert.equal(refused.code, EXIT_TRY_AGAIN, refused.stderr);
  const { error, hint } = lastJson(refused.stderr);
  assert.equal(error, 'disk_full', refused.stderr);
  assert.match(String(hint), /Free space/);
}

async function names(home: TestHome): Promise<string[]> {
  const { stdout } = await home.run(['list', '--all', '--columns=name']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).name)
    .sort();
}
