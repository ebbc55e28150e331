// babysit wait.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('wait', () => {
  it('returns at once for a task that has ended, by name, id or prefix of it', async (t) => {
    const home = testHome(t);
    await submit(home, 'x', 'exit 3');
    const first = await home.run(['wait', 'x']);
    assert.equal(first.code, 1);
    const { id, status, exit_code } = jsonLine(first.stdout);
    assert.deepEqual({ status, exit_code }, { status: 'failed', exit_code: 3 });
    for (const ref of [String(id), String(id).slice(0, 20), '--name=x'])
      assert.equal(jsonLine((await home.run(['wait', ref])).stdout).id, id);
  });

  it('says so when there is no such task', async (t) => {
    const { code, stdout, stderr } = await testHome(t).run(['wait', 'nobody']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(jsonLine(stderr).error, 'not_found');
  });

  it('gives one object per task, and exit 1 when one of them did not complete', async (t) => {
    const home = testHome(t);
    await submit(home, 'a', 'true');
    await submit(home, 'b', 'false');
    const { code, stdout } = await home.run(['wait', 'a', 'b', 'a']);
    assert.equal(code, 1);
    assert.deepEqual(
      jsonLines(stdout)
        .map((task) => task.name)
        .sort(),
      ['a', 'b'],
    );
  });

  it('--any ends with the first', async (t) => {
    const home = testHome(t);
    await submit(home, 'long', 'sleep 60');
    await submit(home, 'short', 'true');
    const { code, stdout } = await home.run(['wait', 'long', 'short', '--any']);
    assert.equal(code, 0);
    assert.equal(jsonLine(stdout).name, 'short');
  });

  it('--timeout exits 124 and leaves the task running', async (t) => {
    const home = testHome(t);
    await submit(home, 'long', 'sleep 60');
    const { code, stdout, stderr } = await home.run(['wait', 'long', '--timeout=300ms']);
    assert.equal(code, 124);
    assert.equal(stdout, '');
    const last = jsonLines(stderr).at(-1);
    assert.deepEqual([last?.error, last?.live], ['wait_timeout', ['long']]);
    assert.equal(jsonLine((await home.run(['status', 'long'])).stdout).status, 'running');
  });

  it('SIGINT leaves the task running and says so', async (t) => {
    const home = testHome(t);
    await submit(home, 'long', 'sleep 60');
    const waiting = home.start(['wait', 'long']);
    await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
    waiting.kill('SIGINT');
    const { code, stdout, stderr } = await waiting.done;
    assert.equal(code, 130);
    assert.equal(stdout, '');
    assert.deepEqual(jsonLines(stderr).at(-1)?.live, ['long']);
    assert.equal(jsonLine((await home.run(['status', 'long'])).stdout).status, 'running');
  });

  it('for a kill gives reason, hint and detail first', async (t) => {
    const home = testHome(t);
    await submit(home, 'victim', 'sleep 60');
    const waiting = home.start(['wait', 'victim']);
    await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
    assert.equal((await home.run(['kill', 'victim'])).code, 0);
    const { code, stdout, stderr } = await waiting.done;
    assert.equal(code, 1);
    const task = jsonLine(stdout);
    assert.deepEqual(Object.keys(task).slice(0, 3), ['kill_reason', 'kill_hint', 'kill_detail']);
    assert.deepEqual([task.status, task.kill_reason], ['killed', 'manual']);
    assert.ok(jsonLines(stderr).some((event) => event.event === 'kill_requested'));
  });

  for (const how of ['daemon-restart', 'SIGKILL'] as const) {
    it(`survives a ${how} of the daemon without losing or repeating an event`, async (t) => {
      const home = testHome(t);
      const file = `${home.work}/go`;
      await submit(home, 'x', `${until(file)}; exit 5`);
      const waiting = home.start(['wait', 'x']);
      await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
      if (how === 'SIGKILL')
        process.kill(jsonLine((await home.run(['ping'])).stdout).pid as number, 'SIGKILL');
      else assert.equal((await home.run([how])).code, 0);
      await waitUntil(() => waiting.stderr().includes('daemon_restarted'), {
        what: 'the new daemon',
      });
      await home.run(['run', ...SMALL, '--wait', `touch ${file}`]);
      const { code, stdout, stderr } = await waiting.done;
      assert.equal(code, 1);
      assert.equal(jsonLine(stdout).exit_code, 5);
      const told = jsonLines(stderr).filter(({ event }) => event !== 'daemon_stopping');
      const seqs = told.map((event) => event.seq as number);
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].sort((a, b) => a - b),
      );
    });
  }

  it('learns the exit code of a task that ended while no daemon was alive', async (t) => {
    const home = testHome(t);
    const file = `${home.work}/go`;
    await submit(home, 'x', `${until(file)}; touch ${file}.done; exit 6`);
    const env = { BABYSIT_NO_AUTOSTART: '1' };
    const waiting = home.start(['wait', 'x'], { env });
    await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
    process.kill(jsonLine((await home.run(['ping'])).stdout).pid as number, 'SIGKILL');
    const { existsSync, writeFileSync } = await import('node:fs');
    writeFileSync(file, '');
    await waitUntil(() => existsSync(`${file}.done`), { what: 'the task to end without a daemon' });
    assert.equal(waiting.stdout(), '');
    assert.equal((await home.run(['daemon-start'])).code, 0);
    const { code, stdout } = await waiting.done;
    assert.equal(code, 1);
    assert.equal(jsonLine(stdout).exit_code, 6);
  });
});
