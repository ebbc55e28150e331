// babysit pause and resume.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { show, submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('pause and resume', () => {
  it('freeze a task where it stands and let it go on, and tell those who wait', async (t) => {
    const home = testHome(t);
    const file = `${home.work}/ticks`;
    const ticks = () => (existsSync(file) ? readFileSync(file, 'utf8').length : 0);
    await submit(home, 'a', `while :; do printf . >>${file}; sleep 0.01; done`);
    const waiting = home.start(['wait', 'a']);
    await waitUntil(() => ticks() > 0, { what: 'the task to run' });
    const paused = await home.run(['pause', 'a']);
    assert.deepEqual([paused.code, jsonLine(paused.stdout).status], [0, 'paused']);
    const standsStill = async () => {
      const before = ticks();
      await delay(200);
      return ticks() === before;
    };
    await waitUntil(standsStill, { what: 'the task to stand still' });
    const { tasks } = jsonLine((await home.run(['status'])).stdout);
    assert.deepEqual(tasks, { running: 0, paused: 1, pending: 0, tickets: 0 });
    const stood = ticks();
    assert.equal((await home.run(['resume', 'a'])).code, 0);
    await waitUntil(() => ticks() > stood, { what: 'the task to go on' });
    await home.run(['kill', 'a']);
    const { stderr } = await waiting.done;
    assert.deepEqual(
      jsonLines(stderr).map(({ event }) => event),
      ['started', 'paused', 'resumed', 'kill_requested'],
    );
  });

  it('stop the clocks of a task: neither its kill timeout nor its elapsed time goes on', async (t) => {
    const home = testHome(t);
    await submit(home, 'a', 'sleep 60', '--kill_timeout=2s');
    await home.run(['pause', 'a']);
    await delay(2_500);
    const { status, elapsed_ms } = await show(home, 'a');
    assert.ok(status === 'paused' && (elapsed_ms as number) < 2_000, `${status} after ${elapsed_ms} ms`);
    await home.run(['resume', 'a']);
    const ended = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.equal(ended.kill_reason, 'elapsed_exceeded');
  });

  it('a paused task can be killed, and stays paused over a restart of the daemon', async (t) => {
    const home = testHome(t);
    await submit(home, 'a', 'sleep 60');
    await home.run(['pause', 'a']);
    await home.run(['daemon-restart']);
    assert.equal((await show(home, 'a')).status, 'paused');
    await home.run(['kill', 'a']);
    const { status, kill_reason, signal } = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.deepEqual([status, kill_reason, signal], ['killed', 'manual', 'SIGTERM']);
  });

  it('are refused for tasks that do not run', async (t) => {
    const home = testHome(t);
    await submit(home, 'a', 'sleep 60');
    await submit(home, 'b', 'true', '--after=a');
    for (const verb of ['pause', 'resume']) {
      const { code, stderr } = await home.run([verb, 'b']);
      assert.deepEqual([code, jsonLine(stderr).error], [1, 'not_running']);
    }
  });
});
