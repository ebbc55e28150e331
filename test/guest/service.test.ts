// babysit service with the real systemd of a user: the unit starts the daemon, and another one when that is killed.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { exchange } from '../support/daemon-api.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Run by test/integration/guest-systemd.test.ts in the guest that has one; there a skip is a failure. */
const RUNTIME_DIR = process.env.XDG_RUNTIME_DIR ?? '';
const hasManager = process.getuid?.() !== 0 && existsSync(join(RUNTIME_DIR, 'systemd', 'private'));

async function service(home: TestHome, action: string) {
  // The manager of the user reads units there, and the directory is gone after the guest.
  const env = { XDG_CONFIG_HOME: RUNTIME_DIR };
  const result = await home.run(['service', action, '--json'], { env });
  assert.equal(result.code, 0, result.stderr);
  return jsonLine(result.stdout);
}

describe('babysit service', { skip: hasManager ? false : 'there is no systemd of a user' }, () => {
  it('starts the daemon, and the next one when that is killed, while its task runs on', async (t) => {
    const home = testHome(t);
    try {
      await comesBack(home);
    } finally {
      assert.equal((await service(home, 'uninstall')).installed, false);
    }
  });
});

async function comesBack(home: TestHome): Promise<void> {
  const installed = await service(home, 'install');
  assert.deepEqual(
    [installed.installed, installed.enabled, installed.up_to_date, typeof installed.daemon_pid],
    [true, true, true, 'number'],
  );
  assert.match(readFileSync(String(installed.path), 'utf8'), /^ExecStart="\/.*" "daemon-start"$/m);
  const env = { XDG_CONFIG_HOME: RUNTIME_DIR, BABYSIT_NO_AUTOSTART: '1' };
  const go = join(home.work, 'go');
  // Programs outside use the CPU of a slow guest at its boot.
  const run = ['run', '--name=long', '--queue', ...SMALL, `${until(go)}; exit 3`];
  assert.equal((await home.run(run, { env })).code, 0);

  process.kill(Number(installed.daemon_pid), 'SIGKILL');
  const isAnother = async () => {
    const answer = await exchange(home.dir, 'GET', '/v1/ping').catch(() => null);
    return answer?.code === 200 && JSON.parse(answer.content).pid !== installed.daemon_pid;
  };
  await waitUntil(isAnother, { what: 'another daemon' });
  // It takes a daemon for absent that does not answer within two seconds, and in a guest its first sample takes as long.
  const isShown = async () => (await service(home, 'status')).daemon_pid === daemonPid(home);
  await waitUntil(isShown, { what: 'the status to show it' });
  writeFileSync(go, '');
  const waited = await home.run(['wait', 'long'], { env });
  assert.equal(jsonLine(waited.stdout).exit_code, 3, waited.stdout + waited.stderr);
  assert.equal((await service(home, 'install')).up_to_date, true);
}
