// babysit daemon-start --observe_only_socket, and a client that may use only this socket.
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

const OBSERVER = { env: { BABYSIT_OBSERVE_ONLY: '1' } };

describe('the observe-only socket', () => {
  it('shows tasks and how they end, and refuses changes and output', async (t) => {
    const home = testHome(t);
    assert.equal((await home.run(['daemon-start', '--observe_only_socket'])).code, 0);
    const socket = join(home.dir, 'observe.sock');
    assert.equal(statSync(socket).mode & 0o077, 0);
    assert.equal((await home.run(['run', ...SMALL, '--name=a', 'echo secret; exit 3'])).code, 0);
    const waited = await home.run(['wait', 'a'], OBSERVER);
    assert.deepEqual([waited.code, jsonLine(waited.stdout).exit_code], [1, 3]);
    for (const verb of [['status'], ['status', 'a'], ['list'], ['ping']])
      assert.equal((await home.run(verb, OBSERVER)).code, 0, verb.join(' '));
    for (const verb of [
      ['run', ...SMALL, 'true'],
      ['log', 'a'],
      ['kill', 'a'],
      ['retry', 'a'],
      ['inbox'],
      ['clean', '--all'],
      ['config'],
    ]) {
      const { code, stdout, stderr } = await home.run(verb, OBSERVER);
      assert.deepEqual(
        [code, stdout, jsonLines(stderr).at(-1)?.error],
        [1, '', 'observe_only'],
        verb.join(' '),
      );
    }
    assert.equal((await home.run(['daemon-stop'])).code, 0);
    assert.ok(!existsSync(socket));
  });

  it('exists only on request, and an observer starts no daemon', async (t) => {
    const home = testHome(t);
    assert.equal((await home.run(['status'], OBSERVER)).code, 69);
    assert.ok(!existsSync(join(home.dir, 'daemon.sock')));
    assert.equal((await home.run(['daemon-start'])).code, 0);
    assert.ok(!existsSync(join(home.dir, 'observe.sock')));
    const { code, stderr } = await home.run(['daemon-start', '--observe_only_socket']);
    assert.deepEqual([code, jsonLine(stderr).flag], [64, '--observe_only_socket']);
  });

  it('can be enabled in the config', async (t) => {
    const home = testHome(t, { 'api.observe_only_socket': true });
    assert.equal((await home.run(['ping'])).code, 69);
    assert.equal((await home.run(['status'])).code, 0);
    assert.equal((await home.run(['status'], OBSERVER)).code, 0);
  });

  it('a command in a sandbox starts no daemon, and its hint names the command to run outside', async (t) => {
    const home = testHome(t);
    const { code, stderr } = await home.run(['status'], { env: { SANDBOX_RUNTIME: '1' } });
    assert.equal(code, 69);
    assert.match(
      String(jsonLine(stderr).hint),
      /^Start the daemon outside of the sandbox: babysit daemon-start/,
    );
  });
});
