// daemon-start, daemon-stop, daemon-restart, daemon-status, ping, and the start that nobody asked for.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('daemon', () => {
  it('starts, tells its status, stops', async (t) => {
    const home = testHome(t);
    const down = await home.run(['daemon-status']);
    assert.equal(down.code, 69);
    assert.equal(jsonLine(down.stdout).running, false);
    assert.equal((await home.run(['ping'])).code, 69);

    const started = jsonLine((await home.run(['daemon-start'])).stdout);
    assert.equal(started.started, true);
    const again = jsonLine((await home.run(['daemon_start'])).stdout);
    assert.deepEqual([again.started, again.pid], [false, started.pid]);
    assert.equal(jsonLine((await home.run(['ping'])).stdout).pid, started.pid);

    assert.deepEqual(jsonLine((await home.run(['daemon-stop'])).stdout), {
      stopped: true,
      pid: started.pid,
    });
    assert.deepEqual(jsonLine((await home.run(['daemon-stop'])).stdout), { stopped: false, pid: null });
  });

  it('restarts as another process', async (t) => {
    const home = testHome(t);
    const first = jsonLine((await home.run(['daemon-start'])).stdout);
    const second = jsonLine((await home.run(['daemon-restart'])).stdout);
    assert.equal(second.restarted, true);
    assert.notEqual(second.pid, first.pid);
  });

  it('is started by the first command, once, however many come at once', async (t) => {
    const home = testHome(t);
    const answers = await Promise.all(Array.from({ length: 6 }, () => home.run(['status', '--full'])));
    const pids = new Set(
      answers.map(({ code, stdout, stderr }) => {
        assert.equal(code, 0, stderr);
        return (jsonLine(stdout).daemon as { pid: number }).pid;
      }),
    );
    assert.equal(pids.size, 1);
  });

  it('is detached: a session of its own, / as directory, and no file of its starter', async (t) => {
    const home = testHome(t);
    const { pid } = jsonLine(
      (await home.run(['daemon-start'], { env: { SECRET: 'x', CLAUDE_CODE_SESSION_ID: 's' } })).stdout,
    );
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    assert.equal(stat[3], String(pid), 'it must lead its session');
    const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
    assert.doesNotMatch(environ, /SECRET|CLAUDE/);
  });

  it('is not started where BABYSIT_NO_AUTOSTART=1', async (t) => {
    const home = testHome(t);
    for (const args of [
      ['status'],
      ['run', 'true'],
      ['list'],
      ['wait', 'x'],
      ['log', 'x'],
      ['kill', 'x'],
      ['doctor'],
      ['config'],
    ]) {
      const { code, stdout, stderr } = await home.run(args, { env: { BABYSIT_NO_AUTOSTART: '1' } });
      assert.equal(code, 69, args.join(' '));
      assert.equal(stdout, '');
      const error = jsonLine(stderr);
      assert.equal(error.error, 'daemon_unreachable');
      assert.match(String(error.hint), /daemon-start/);
    }
    assert.deepEqual(readdirSync(home.dir), []);
  });

  it('comes back for a command that meets it stopping', async (t) => {
    const home = testHome(t);
    await home.run(['daemon-start']);
    const [stop, status] = await Promise.all([home.run(['daemon-stop']), home.run(['status'])]);
    assert.equal(stop.code, 0, stop.stderr);
    assert.equal(status.code, 0, status.stderr);
  });

  it('that is told to stop is not started again by who waits, and is waited for', async (t) => {
    const home = testHome(t);
    await home.run(['run', '--name=long', '--command=sleep 600']);
    const wait = home.start(['wait', 'long']);
    await waitUntil(() => wait.stderr().includes('"started"'), {
      what: 'the wait to begin',
    });
    assert.equal((await home.run(['daemon-stop'])).code, 0);
    await waitUntil(() => wait.stderr().includes('"daemon_stopping"'), {
      what: 'the farewell',
    });
    assert.equal((await home.run(['ping'])).code, 69);
    await home.run(['kill', 'long', '--force']);
    const { code, stdout } = await wait.done;
    assert.equal(code, 1);
    assert.equal(jsonLine(stdout).kill_reason, 'manual');
  });

  it('that cannot start says why', async (t) => {
    const home = testHome(t);
    writeFileSync(
      join(home.dir, 'babysit.db'),
      'this is no database, and it is long enough to be told from an empty file',
    );
    const { code, stdout, stderr } = await home.run(['status']);
    assert.equal(code, 69);
    assert.equal(stdout, '');
    assert.match(String(jsonLine(stderr).message), /did not start: .*database/i);
  });
});
