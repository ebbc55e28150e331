// babysit pause and resume.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { sharedDaemon } from '../support/home.ts';
import { hasStarted, show, submit } from '../support/tasks.ts';
import { pass, waitUntil } from '../support/wait-until.ts';

const projectOf = sharedDaemon({ after });

describe('pause and resume', () => {
  it('freeze a task and thaw it, and report both to waiting clients', async (t) => {
    const home = projectOf(t);
    const file = `${home.work}/ticks`;
    const ticks = () => (existsSync(file) ? readFileSync(file, 'utf8').length : 0);
    // Without a fork, which may cost more than the cores of the task.
    await submit(home, 'a', `exec 9<> <(:); while :; do printf . >>${file}; read -rt 0.02 -u 9 || :; done`);
    const waiting = home.start(['wait', 'a']);
    await waitUntil(() => ticks() > 0, { what: 'the task to run' });
    const paused = await home.run(['pause', 'a']);
    assert.deepEqual([paused.code, jsonLine(paused.stdout).status], [0, 'paused']);
    // Still for 300 ms, fifteen times what the loop sleeps.
    let last = { ticks: -1, at: 0 };
    const standsStill = () => {
      if (ticks() !== last.ticks) last = { ticks: ticks(), at: performance.now() };
      return performance.now() - last.at > 300;
    };
    await waitUntil(standsStill, { what: 'the task to stand still' });
    const { tasks } = jsonLine((await home.run(['status'])).stdout);
    assert.deepEqual(tasks, { running: 0, paused: 1, pending: 0, tickets: 0 });
    const stood = ticks();
    assert.equal((await home.run(['resume', 'a'])).code, 0);
    await waitUntil(() => ticks() > stood, { what: 'the task to run again' });
    await home.run(['kill', 'a']);
    const { stderr } = await waiting.done;
    const events = jsonLines(stderr).map(({ event }) => event);
    assert.deepEqual(events, ['started', 'paused', 'resumed', 'kill_requested']);
  });

  it('stop the clocks of a task: its elapsed time stands still, and its kill timeout does not come', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', 'sleep 600');
    await waitUntil(() => hasStarted(home, 'a'), { what: 'the start' });
    await home.run(['pause', 'a']);
    const before = await show(home, 'a');
    await home.run(['adjust', 'a', '--kill_timeout=1s']);
    await pass(1_500);
    const { status, elapsed_ms } = await show(home, 'a');
    assert.deepEqual([status, elapsed_ms], ['paused', before.elapsed_ms]);
    await home.run(['resume', 'a']);
    const ended = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.equal(ended.kill_reason, 'elapsed_exceeded');
  });

  it('keep a task paused over a restart of the daemon, and a kill ends it', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', 'sleep 600');
    await waitUntil(() => hasStarted(home, 'a'), { what: 'the start' });
    await home.run(['pause', 'a']);
    await home.run(['daemon-restart']);
    assert.equal((await show(home, 'a')).status, 'paused');
    await home.run(['kill', 'a']);
    const { status, kill_reason, signal } = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.deepEqual([status, kill_reason, signal], ['killed', 'manual', 'SIGTERM']);
  });

  it('are refused for a pending task', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', 'sleep 600');
    await submit(home, 'b', 'true', '--after=a');
    for (const verb of ['pause', 'resume']) {
      const { code, stderr } = await home.run([verb, 'b']);
      assert.deepEqual([code, jsonLine(stderr).error], [1, 'not_running']);
    }
  });
});
