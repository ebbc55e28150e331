// babysit kill.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { submit } from '../support/tasks.ts';

describe('kill', () => {
  // A grace that never ends: a task that ignores SIGTERM ends by SIGKILL only when --force sends it at once.
  const home = testHome({ after }, { 'watchdog.kill_grace': '1h' });

  it('ends several tasks, although one name is unknown', async () => {
    for (const name of ['a', 'b']) await submit(home, name, 'sleep 60');
    const { code, stdout, stderr } = await home.run(['kill', 'a', 'nobody', 'b']);
    assert.equal(code, 1);
    assert.deepEqual(
      jsonLines(stdout).map((task) => task.name),
      ['a', 'b'],
    );
    assert.equal(jsonLine(stderr).error, 'not_found');
    const ended = jsonLines((await home.run(['wait', 'a', 'b'])).stdout);
    assert.deepEqual(
      ended.map((task) => [task.status, task.kill_reason, task.signal]),
      [
        ['killed', 'manual', 'SIGTERM'],
        ['killed', 'manual', 'SIGTERM'],
      ],
    );
    const again = await home.run(['kill', 'a']);
    assert.equal(again.code, 1);
    assert.equal(jsonLine(again.stderr).error, 'already_ended');
  });

  it('--force sends SIGKILL without a grace', async () => {
    await submit(home, 'deaf', "trap '' TERM; while :; do sleep 1; done");
    assert.equal((await home.run(['stop', 'deaf', '--force'])).code, 0);
    const task = jsonLine((await home.run(['wait', 'deaf'])).stdout);
    assert.deepEqual([task.status, task.signal], ['killed', 'SIGKILL']);
  });

  it('--signal is sent first in the place of SIGTERM', async () => {
    await submit(home, 'nice', 'exec sleep 60');
    assert.equal((await home.run(['kill', 'nice', '--signal=int'])).code, 0);
    const task = jsonLine((await home.run(['wait', 'nice'])).stdout);
    assert.deepEqual([task.status, task.signal], ['killed', 'SIGINT']);
  });
});
