// Logs that grow: rotated at full speed, under a daemon that is killed, on a full disk; always read as one log.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readRecords } from '../../src/exec/records.ts';
import { logParts } from '../../src/logs/parts.ts';
import { logExtent, readLog } from '../../src/logs/read.ts';
import { readProcFile, sizeField } from '../../src/procfs/proc-files.ts';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { LONG, SMALL } from '../support/budget.ts';
import { jsonAmong, lastJson } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { NEEDS_MOUNT, smallDisk } from '../support/small-disk.ts';
import { show, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

async function start(home: TestHome, name: string, command: string): Promise<string> {
  const { code, stderr } = await home.run(['run', `--name=${name}`, ...SMALL, command]);
  assert.equal(code, 0, stderr);
  return join(home.dir, 'tasks', String((await show(home, name)).id), '1.log');
}
const wait = async (home: TestHome, name: string) => lastJson((await home.run(['wait', name], LONG)).stdout);
const rotated = (log: string) => logParts(log).length - 1;
async function hashOf(blocks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of blocks) hash.update(block);
  return hash.digest('hex');
}
const hashOfText = (text: string) => createHash('sha256').update(text).digest('hex');
const numbers = (last: number) => Array.from({ length: last }, (_, i) => `${i + 1}\n`).join('');

/** The most memory the process has held, bytes. */
function peakMemBytes(pid: number): number {
  return sizeField(readProcFile(pid, 'status') ?? '', 'VmHWM') ?? Number.NaN;
}

describe('a log that grows', () => {
  it('keeps every numbered line of 150 MB printed at full speed, in little memory', async (t) => {
    const LINES = 18_000_000;
    const home = testHome(t, { log: { max_size: '25M', keep: 1000 } });
    const go = join(home.work, 'go');
    // A fast machine prints all of it between two samples.
    const line = `seq ${LINES}; ${until(go)}`;
    const log = await start(home, 'flood', line);
    await waitUntil(() => rotated(log) >= 1, { what: 'a rotation' });
    writeFileSync(go, '');
    assert.equal((await wait(home, 'flood')).status, 'completed');
    const { from, to } = logExtent(log);
    assert.ok(from === 0 && to > 1.5e8, `bytes ${from} to ${to}`);
    assert.ok(
      peakMemBytes(daemonPid(home)) < 200e6,
      `the daemon took ${peakMemBytes(daemonPid(home))} bytes`,
    );
    const expected = execFileSync('bash', ['-c', `seq ${LINES} | sha256sum`], { encoding: 'utf8' });
    assert.equal(await hashOf(readLog(log, from, to)), expected.slice(0, 64));
    const tail = (await home.run(['log', 'flood', '--tail=2'])).stdout;
    assert.equal(tail, `${LINES - 1}\n${LINES}\n`);
    const cleaned = await home.run(['clean', '--all']);
    assert.equal(cleaned.code, 0, cleaned.stderr);
    assert.deepEqual(readdirSync(join(home.dir, 'tasks')), []);
  });

  it('is followed without a loss over rotations and kills of the daemon in the middle of them', async (t) => {
    const config = { log: { max_size: '64K', keep: 1000 }, watchdog: { monitor_interval: '20ms' } };
    const home = testHome(t, config);
    const file = (name: string) => join(home.work, name);
    const log = await start(
      home,
      'counter',
      `${until(file('go'))}
      for ((i = 0; ; i++)); do
        [ ! -e ${file('enough')} ] || break
        seq $((i * 1000 + 1)) $((i * 1000 + 1000)); sleep 0.01
      done
      echo $((i * 1000)) >${file('total')}`,
    );
    const follower = home.start(['log', 'counter', '--full', '--follow'], LONG);
    writeFileSync(file('go'), '');
    for (let kills = 0; kills < 3 || rotated(log) < 5; kills += 1) {
      assert.equal((await show(home, 'counter')).status, 'running');
      const pid = daemonPid(home);
      const parts = rotated(log);
      await waitUntil(() => rotated(log) > parts + 1, { what: 'rotations' });
      process.kill(pid, 'SIGKILL');
      await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
    }
    writeFileSync(file('enough'), '');
    assert.equal((await wait(home, 'counter')).status, 'completed');
    const { code, stdout, stderr } = await follower.done;
    assert.equal(code, 0, stderr);
    const expected = numbers(Number(readFileSync(file('total'), 'utf8')));
    assert.equal(hashOfText(stdout), hashOfText(expected), `the follower got ${stdout.length} characters`);
    const full = (await home.run(['log', 'counter', '--full'], LONG)).stdout;
    assert.equal(hashOfText(full), hashOfText(expected));
  });

  it('is written again after a daemon died with the supervisor stopped', async (t) => {
    const home = testHome(t);
    const go = join(home.work, 'go');
    const log = await start(home, 'held', `${until(go)}; seq 200000`);
    const supervisor = () => readRecords(log.slice(0, -4)).supervisor;
    await waitUntil(() => supervisor() !== null, { what: 'the supervisor' });
    // A rotation begins with this.
    process.kill(-Number(supervisor()?.groupId), 'SIGSTOP');
    const pid = daemonPid(home);
    process.kill(pid, 'SIGKILL');
    await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
    writeFileSync(go, '');
    assert.equal((await wait(home, 'held')).status, 'completed');
    assert.equal(hashOfText(readFileSync(log, 'utf8')), hashOfText(numbers(200_000)));
  });

  it('keeps the newest parts, packed, and shows recent output with --since', async (t) => {
    const config = { log: { max_size: '64K', keep: 2 }, watchdog: { monitor_interval: '50ms' } };
    const home = testHome(t, config);
    const [first, second] = [join(home.work, 'first'), join(home.work, 'second')];
    const log = await start(
      home,
      'chatty',
      `for i in {1..6}; do seq 20000; sleep 0.2; done; touch ${first}
      ${until(second)}; echo late`,
    );
    await waitUntil(() => existsSync(first), { what: 'the first lines' });
    await waitUntil(() => logParts(log).at(-1)?.end === 6 * 108_894, {
      what: 'them in the log',
    });
    const since = async (ms: number) => (await home.run(['log', 'chatty', `--since=${ms}ms`])).stdout;
    await waitUntil(async () => (await since(2000)) === '', { what: 'the log to be quiet' });
    const quietAt = Date.now();
    assert.match(await since(3_600_000), /20000\n$/);
    writeFileSync(second, '');
    assert.equal((await wait(home, 'chatty')).status, 'completed');
    // A client that starts late looks at a later time.
    const isLate = async () => (await since(Date.now() - quietAt + 1000)) === 'late\n';
    await waitUntil(isLate, { what: 'the last line alone' });
    await waitUntil(() => logParts(log).every(({ kind }) => kind !== 'plain'), {
      what: 'the parts to be packed',
    });
    assert.equal(rotated(log), 2);
    const { stdout } = await home.run(['log', 'chatty', '--full', '--grep=^(19999|late)$']);
    assert.match(stdout, /^19999\n(19999\n)*late\n$/);
  });

  it('is cut with a mark when its disk is full, and the task runs on', { skip: NEEDS_MOUNT }, async (t) => {
    const home = testHome(t, {
      admission: { min_free_disk: '16K' },
      log: { max_size: '64K', keep: 1000 },
      watchdog: { monitor_interval: '50ms' },
    });
    symlinkSync(smallDisk(t, '1m').dir, join(home.dir, 'tasks'));
    const [printed, go] = [join(home.work, 'printed'), join(home.work, 'go')];
    const log = await start(
      home,
      'flood',
      `head -c 10000000 /dev/zero | tr '\\0' x | fold -w 99; touch ${printed}
      ${until(go)}`,
    );
    await waitUntil(() => existsSync(printed), { what: 'the task to print', ...LONG });
    const refused = await home.run(['run', ...SMALL, 'true']);
    assert.equal(jsonAmong(refused.stderr).at(-1)?.error, 'disk_full', refused.stderr);
    writeFileSync(go, '');
    assert.equal((await wait(home, 'flood')).status, 'completed');
    const { from, to } = logExtent(log);
    assert.ok(to - from < 1024 ** 2, `bytes ${from} to ${to}`);
    const { stdout } = await home.run(['log', 'flood', '--full']);
    assert.ok(/^(x{99}\n)+\[babysit: output is missing above[^\n]*\]\n$/.test(stdout), stdout.slice(-400));
  });
});
