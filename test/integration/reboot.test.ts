// A restart of the host: running tasks are interrupted or run again, pending ones stay, and no pid of the old boot counts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { SMALL_BODY } from '../support/budget.ts';
import { BABYSIT, jsonAmong } from '../support/cli.ts';
import { runInGuest, skipWithout } from '../support/guest/guest.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { read, show, submit, until } from '../support/tasks.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const begin = (file: string) => `echo "$BABYSIT_TASK_NAME $BABYSIT_ATTEMPT" >>${file}`;

describe('after a restart of the host', () => {
  it('with another boot id, tasks are interrupted, queued again or still queued', async (t) => {
    const home = testHome(t);
    const ran = join(home.work, 'ran');
    const isOver = join(home.work, 'over');
    // Runs throughout the first boot; ends in the second.
    const line = `${begin(ran)}; ${until(isOver)}`;
    await submit(home, 'running', line);
    await submit(home, 'again', line, '--requeue');
    await submit(home, 'waiting', begin(ran), '--after_any=running');
    await waitUntil(() => read(ran).split('\n').length === 2, { what: 'both to run' });
    const { id, pid } = await show(home, 'running');
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      await endBoot(home.dir, daemonPid(home));
      // In the new boot, the pid of the old one belongs to another process.
      const stat = readFileSync(`/proc/${stranger.pid}/stat`, 'utf8');
      const now = (Date.now() / 1000).toFixed(6);
      const records = `supervisor ${now} ${stat}started ${now} ${stat}`;
      writeFileSync(join(home.dir, 'tasks', String(id), '1', 'claim'), records);
      writeFileSync(isOver, '');
      const ended = await home.run(['wait', 'again', 'waiting']);
      assert.deepEqual(
        jsonAmong(ended.stdout)
          .map(({ name, status, attempt }) => [name, status, attempt])
          .sort(),
        [
          ['again', 'completed', 2],
          ['waiting', 'completed', 1],
        ],
      );
      const { status, reason, hint, attempt } = await show(home, 'running');
      assert.deepEqual([status, reason, attempt], ['interrupted', 'host_rebooted', 1]);
      assert.match(String(hint), /run it again/);
      assert.deepEqual(read(ran).split('\n').sort(), ['again 1', 'again 2', 'running 1', 'waiting 1']);
      assert.ok(isPidAlive(Number(stranger.pid)), 'a process of the new boot was taken for one of the old');
      assert.ok(!isPidAlive(Number(pid)), 'a process of the old attempt is left');
    } finally {
      stranger.kill('SIGKILL');
      await once(stranger, 'exit');
    }
  });
});

/** Kills the daemon, and dates the running attempts to another boot. */
async function endBoot(dir: string, pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
  const db = new Database(join(dir, 'babysit.db'));
  const changed = db
    .prepare(
      "UPDATE tasks SET body = json_set(body, '$.state.attempt.bootId', 'earlier') WHERE status = 'running'",
    )
    .run();
  db.close();
  assert.equal(changed.changes, 2);
}

describe('over two boots of one guest', { skip: skipWithout('v2-root') }, () => {
  it('with power cut in between, tasks are interrupted, queued again or still queued', {
    timeout: 1_230_000,
  }, async (t) => {
    const shared = tempDir(t);
    const boot = (script: string) =>
      // A directory of the host survives the guest, which keeps its own files in memory.
      runInGuest('v2-root', ['bash', '-c', `mount -t hostfs -o ${shared} none /mnt && ${script}`], {
        timeoutMs: 600_000,
        env: {
          // The boot of a slow guest uses its only core, which would hold the queue.
          BABYSIT_ADMISSION_COUNT_OUTSIDE_CPU: 'false',
          BABYSIT_HOME: '/mnt/s',
          BABYSIT_NODE: process.execPath,
          BABYSIT,
        },
      });
    const request = (name: string, command: string, more: object = {}) =>
      JSON.stringify({
        name,
        command: `echo ${name} >>/mnt/ran; ${command}`,
        ...SMALL_BODY,
        estimated_time: '1h',
        observability_interval: '1h',
        ...more,
      });
    const requests = [
      request('running', 'sleep 600'),
      request('again', 'test -e /mnt/second || sleep 600', { requeue: true }),
      request('waiting', 'true', { after_any: ['running'] }),
    ];
    writeFileSync(join(shared, 'batch'), `${requests.join('\n')}\n`);
    const first = await boot(
      [
        '"$BABYSIT" run --batch=/mnt/batch',
        'until [ "$(wc -l </mnt/ran)" = 2 ]; do sleep 1; done',
        'sync /mnt/ran; touch /mnt/acknowledged',
        // No shutdown, nothing is written back, and what the console still holds is lost.
        'echo o >/proc/sysrq-trigger; sleep 60',
      ].join(' && '),
    );
    assert.ok(existsSync(join(shared, 'acknowledged')), first.output);
    assert.ok(existsSync(join(shared, 's', 'babysit.db')));
    writeFileSync(join(shared, 'second'), '');
    const second = await boot('"$BABYSIT" wait again waiting; "$BABYSIT" status running --full');
    const results = jsonAmong(second.output).filter(({ status }) => status !== undefined);
    const of = (wanted: string) => results.find(({ name }) => name === wanted) ?? {};
    assert.equal(of('again').status, 'completed', second.output);
    // A slow guest may not start an attempt in time.
    assert.ok(Number(of('again').attempt) >= 2, second.output);
    assert.equal(of('waiting').status, 'completed', second.output);
    assert.deepEqual([of('running').status, of('running').reason], ['interrupted', 'host_rebooted']);
    assert.deepEqual(read(join(shared, 'ran')).split('\n').sort(), ['again', 'again', 'running', 'waiting']);
  });
});
