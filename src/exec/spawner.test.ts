// The spawner: how it is probed, replaced, and what it does for supervisors that are stopped.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DEADLINE_MS } from '../../test/support/budget.ts';
import { aLaunch, anObserver, NICE, TOOLS } from '../../test/support/build/build-launch.ts';
import { type Cleanup, tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { signalProcess } from '../procfs/process/process-group.ts';
import { readStat } from '../procfs/process/stat.ts';
import type { Launch } from './launch-script.ts';
import { readRecords } from './records.ts';
import { openSpawner, probeSpawner, type Spawner } from './spawner.ts';
import { startAttempt } from './start.ts';

const root = tempDir({ after });
let count = 0;

function launch(command: string): Launch {
  count += 1;
  return aLaunch(join(root, String(count)), root, command, {});
}

async function finish(spec: Launch, by: Spawner): Promise<string> {
  startAttempt(by, () => spec, anObserver(spec.dir));
  return logAtEnd(spec);
}

async function logAtEnd({ dir }: Launch): Promise<string> {
  await waitUntil(() => readRecords(dir).closedAt !== null, { what: 'the supervisor to end' });
  return readFileSync(`${dir}.log`, 'utf8');
}

describe('a spawner', () => {
  const broken = join(root, 'broken-bash');
  before(() =>
    writeFileSync(broken, '#!/bin/sh\necho "libreadline.so.8: not found" >&2\nexit 127\n', { mode: 0o755 }),
  );

  it('is probed: a shell that cannot run is named with its message', () => {
    assert.equal(probeSpawner(TOOLS, NICE), null);
    assert.equal(probeSpawner({ ...TOOLS, bash: broken }, NICE), `${broken}: libreadline.so.8: not found`);
    assert.match(probeSpawner({ ...TOOLS, nice: '/none' }, NICE) ?? '', /ENOENT/);
  });

  it('that cannot run is reported, and tried again with longer waits', async () => {
    const lost: string[] = [];
    const failing = openSpawner({ ...TOOLS, bash: broken }, NICE, (how) => lost.push(how));
    await waitUntil(() => lost.length >= 2, { what: 'the second failure' });
    assert.match(failing.fault ?? '', /libreadline/);
    failing.close();
    assert.equal(new Set(lost).size, 1);
  });
});

describe('a spawner that may start no process', () => {
  it('says so, and not after a supervisor has started', async (t) => {
    const nice = join(root, 'limited-nice');
    // The kernel does not limit root. No other process has this user.
    const asUser = process.getuid?.() === 0 ? `setpriv --reuid=${100_000 + process.pid} --clear-groups` : '';
    writeFileSync(nice, `#!${TOOLS.bash}\nulimit -u 1; exec ${asUser} ${TOOLS.nice} "$@"\n`, { mode: 0o755 });
    chmodSync(root, 0o755);
    const limited = openSpawner({ ...TOOLS, nice }, NICE, () => {});
    t.after(() => limited.close());
    await waitUntil(() => limited.shortage !== null, { what: 'a fork to fail' });
    assert.match(limited.shortage ?? '', /^bash: fork: /);
    const { spawner } = await open(t);
    assert.equal(spawner.shortage, null);
  });
});

describe('the spawner of a daemon', () => {
  it('is replaced when it dies, and starts the next attempt', async (t) => {
    const { spawner, pid, lost } = await open(t);
    assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /babysit-spawner/);
    process.kill(pid, 'SIGKILL');
    assert.equal(await finish(launch('echo after'), spawner), 'after\n');
    assert.deepEqual(lost, ['exit SIGKILL']);
  });

  it('continues a supervisor that was stopped before it recorded itself', async (t) => {
    const { spawner, pid, lost } = await open(t, 5000);
    const stopped = await startStopped(spawner, pid);
    // The spawner works, so it is not replaced.
    assert.equal(await finish(launch('echo other'), spawner), 'other\n');
    assert.equal(await logAtEnd(stopped), 'continued\n');
    assert.deepEqual(lost, []);
  });

  it('leaves a supervisor stopped that has recorded itself, as during a rotation of its log', async (t) => {
    const { spawner, pid } = await open(t, 500);
    const rotated = launch('sleep 600');
    startAttempt(spawner, () => rotated, anObserver(rotated.dir));
    await waitUntil(() => readRecords(rotated.dir).started !== null, { what: 'the start' });
    const { supervisor: found, started } = readRecords(rotated.dir);
    const [supervisor, main] = [found?.pid ?? assert.fail(), started?.main?.pid ?? assert.fail()];
    process.kill(supervisor, 'SIGSTOP');
    t.after(() => [main, supervisor].map((stopped) => signalProcess(stopped, 'SIGKILL')));
    await waitUntil(() => readStat(supervisor)?.state === 'T', { what: 'the supervisor to stop' });
    const stopped = await startStopped(spawner, pid, supervisor);
    assert.equal(await logAtEnd(stopped), 'continued\n');
    assert.equal(readStat(supervisor)?.state, 'T');
  });

  it('is replaced when it is stopped and a request waits', async (t) => {
    const { spawner, pid, lost } = await open(t, 200);
    process.kill(pid, 'SIGSTOP');
    assert.equal(await finish(launch('echo after'), spawner), 'after\n');
    // On a busy host the next spawner may need longer, too.
    assert.deepEqual([...new Set(lost)], ['exit SIGKILL']);
  });
});

/** A spawner that works: its pid, and why earlier ones ended. */
async function open(t: Cleanup, stuckMs?: number) {
  const lost: string[] = [];
  const spawner = openSpawner(TOOLS, NICE, (how) => lost.push(how), stuckMs);
  t.after(() => spawner.close());
  const pid = Number(await finish(launch('cut -d" " -f4 /proc/$PPID/stat'), spawner));
  return { spawner, pid, lost };
}

/** Stops the supervisor of a new attempt before it records itself. `other`: a child of the spawner that stays. */
async function startStopped(by: Spawner, spawnerPid: number, other = 0): Promise<Launch> {
  const path = `/proc/${spawnerPid}/task/${spawnerPid}/children`;
  const children = () =>
    readFileSync(path, 'utf8')
      .split(' ')
      .filter((pid) => pid !== String(other))
      .join(' ')
      .trim();
  for (const end = performance.now() + DEADLINE_MS; performance.now() < end; ) {
    await waitUntil(() => children() === '', { what: 'earlier supervisors to end' });
    const spec = launch('echo continued');
    startAttempt(by, () => spec, anObserver(spec.dir));
    let pid = '';
    // Without a pause: it records itself within a millisecond.
    while (pid === '' && performance.now() < end) pid = children();
    if (pid === '') break;
    // It may have ended since, where this process gets the CPU late.
    const isStopped = signalProcess(Number(pid), 'SIGSTOP');
    if (isStopped && readRecords(spec.dir).supervisor === null) return spec;
    signalProcess(Number(pid), 'SIGCONT');
  }
  return assert.fail('no supervisor was stopped in time');
}
