// A sample skips reads of an idle group. Against the real kernel: no event of a group or its supervisor is missed.
// BABYSIT_TEST_DRIVER names the driver that babysit must find, as in tasks.test.ts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { openDriver } from '../../src/cgroups/open.ts';
import type { Group } from '../../src/cgroups/port.ts';
import type { TaskId } from '../../src/core/task.ts';
import { realClock } from '../../src/daemon/clock.ts';
import { LiveAttempt } from '../../src/engine/attempt/live-attempt.ts';
import { attemptPaths } from '../../src/engine/attempt/paths.ts';
import { LocalSupervision } from '../../src/engines/local/supervision.ts';
import { readRecords } from '../../src/exec/records.ts';
import { lastJson } from '../support/cli.ts';
import { expectedDriver, UNKNOWN_DRIVER } from '../support/expected-driver.ts';
import { testHome } from '../support/home.ts';
import { processesOf } from '../support/processes.ts';
import { show, submit, until } from '../support/tasks.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const expected = expectedDriver();
const { driver, close } = openDriver({
  tag: `sampling-${process.pid}`,
  want: expected === 'none' ? 'none' : 'auto',
});
after(close);
const WITHOUT_CGROUPS = driver.kind === 'none' && 'CPU time is counted in ticks, and every sample reads all';
const MIB = 1024 ** 2;
const ID = 't' as TaskId;

const sampleOf = (live: LiveAttempt) => {
  const usage = live.readUsage();
  const watch = { isStrict: false, withIo: false, observe: [], cwd: '/', startedAt: 0 };
  return usage === null ? null : live.sample(usage, realClock.now(), watch);
};

/** A command that waits for a line on stdin, in a group with small caps, sampled until a sample shows it idle. */
async function waiting(t: TestContext, script: string) {
  const group = driver.create(`t-${process.pid}`, {
    memMaxBytes: 16 * MIB,
    cpuMaxCores: 1,
    cpuWeight: 100,
    pidsMax: 6,
  });
  const tasksDir = tempDir(t, async () => {
    await leaveNothing(group);
    live.close();
  });
  const paths = attemptPaths(tasksDir, ID, 1);
  const live = new LiveAttempt(
    ID,
    paths,
    { usesHost: true },
    { group, supervision: new LocalSupervision(paths.dir, group) },
    () => {},
  );
  // The clock of the guests ticks every 10 ms, so the command uses enough CPU time to show.
  const enter = `for file in "$@"; do echo 0 > "$file" || exit 126; done
    i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; read go; eval "$SCRIPT"`;
  const child = spawn('sh', ['-c', enter, 'sh', ...group.entryFiles], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH, SCRIPT: script },
  });
  await waitUntil(() => group.populated(), { what: 'the command to enter' });
  await untilIdle(live);
  return { live, group, child, dir: paths.dir, go: () => child.stdin.end('go\n') };
}

async function leaveNothing(group: Group): Promise<void> {
  group.killAll();
  await waitUntil(() => !group.populated() && group.remove(), { what: 'the group to go' });
}

/** A kernel that counts CPU time in ticks shows no group idle: there, until it has used some. */
async function untilIdle(live: LiveAttempt): Promise<void> {
  const isIdle = () => {
    const cpuUsec = sampleOf(live)?.cpuUsec ?? 0;
    return !live.mayHaveActed || (cpuUsec > 0 && cpuUsec % 1000 === 0);
  };
  await waitUntil(isIdle, { what: 'a sample without CPU time since the one before' });
}

describe(`samples on ${driver.kind}`, { skip: WITHOUT_CGROUPS }, () => {
  it('are of the expected driver', { skip: expected === null && UNKNOWN_DRIVER }, () => {
    assert.equal(driver.kind, expected);
  });

  it('show an OOM kill in the first sample after an idle one', async (t) => {
    const { live, group, go } = await waiting(t, 'head -c 64m /dev/zero | tail; exec sleep 600');
    go();
    const isOver = () => (group.usage()?.oomKills ?? 0) > 0 && group.pids().length <= 1;
    await waitUntil(isOver, { what: 'an OOM kill' });
    assert.ok((sampleOf(live)?.oomKills ?? 0) > 0);
  });

  it('show a refused fork in the first sample after an idle one', async (t) => {
    const { live, group, go } = await waiting(t, 'for i in 1 2 3 4 5 6 7; do sleep 600 & done; wait');
    go();
    const isRefused = () => (group.usage()?.pidsMaxHits ?? 0) > 0;
    await waitUntil(isRefused, { what: 'a refused fork' });
    assert.ok((sampleOf(live)?.pidsMaxHits ?? 0) > 0);
  });

  it('show the end of the main process in the first sample after an idle one', async (t) => {
    const { live, child, dir } = await waiting(t, 'exit');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'claim'), `started 1.5 ${readFileSync(`/proc/${child.pid}/stat`, 'utf8')}`);
    live.records();
    await untilIdle(live);
    assert.ok(live.hasMain);
    child.kill('SIGKILL');
    await once(child, 'exit');
    sampleOf(live);
    assert.ok(!live.hasMain);
  });
});

describe(`a killed supervisor on ${driver.kind}`, () => {
  it('is noticed when its command ends', async (t) => {
    const home = testHome(t);
    const go = join(home.work, 'go');
    await submit(home, 'orphan', until(go));
    // A slow guest may not start the first attempt in time.
    const records = async () => {
      const { id, attempt } = await show(home, 'orphan');
      return readRecords(join(home.dir, 'tasks', String(id), String(attempt)));
    };
    await waitUntil(async () => (await records()).started !== null, {
      what: 'the command to run',
      seen: async () => [await show(home, 'orphan'), await records(), processesOf(home.dir)],
    });
    process.kill(-Number((await records()).supervisor?.groupId), 'SIGKILL');
    assert.equal((await show(home, 'orphan')).status, 'running');
    writeFileSync(go, '');
    const ended = lastJson((await home.run(['wait', 'orphan', '--full'])).stdout);
    assert.deepEqual([ended.status, ended.reason], ['interrupted', 'supervisor_lost']);
  });
});
