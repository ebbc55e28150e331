// babysit kill.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

describe('kill', () => {
  it('ends several tasks; one that is gone does not keep the others alive', async (t) => {
    const home = testHome(t);
    for (const name of ['a', 'b']) await home.run(['run', ...SMALL, `--name=${name}`, 'sleep 60']);
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

  it('--force does not ask', async (t) => {
    const home = testHome(t);
    await home.run(['run', ...SMALL, '--name=deaf', "trap '' TERM; while :; do sleep 1; done"]);
    assert.equal((await home.run(['stop', 'deaf', '--force'])).code, 0);
    const task = jsonLine((await home.run(['wait', 'deaf'])).stdout);
    assert.deepEqual([task.status, task.signal], ['killed', 'SIGKILL']);
  });

  it('--signal is the first step', async (t) => {
    const home = testHome(t);
    await home.run(['run', ...SMALL, '--name=nice', 'exec sleep 60']);
    assert.equal((await home.run(['kill', 'nice', '--signal=int'])).code, 0);
    const task = jsonLine((await home.run(['wait', 'nice'])).stdout);
    assert.deepEqual([task.status, task.signal], ['killed', 'SIGINT']);
  });
});
