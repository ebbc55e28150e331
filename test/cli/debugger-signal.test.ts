// SIGUSR1 opens no debugger in a process of babysit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { waitUntil } from '../support/wait-until.ts';

it('SIGUSR1 opens no debugger in the daemon, from its first instruction, or a waiting command', async (t) => {
  const home = testHome(t);
  const pid = Number(jsonLine((await home.run(['daemon-start'])).stdout).pid);
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const flag = '--disable-sigusr1';
  assert.equal(args.includes(flag), process.allowedNodeEnvironmentFlags.has(flag));
  const wait = home.start(['run', '--wait', '--name=long', '--command=sleep 600']);
  await waitUntil(() => wait.stderr().includes('"started"'), { what: 'the wait to begin' });
  process.kill(pid, 'SIGUSR1');
  wait.kill('SIGUSR1');
  // Node opens its debugger within a few milliseconds.
  await delay(500);
  assert.doesNotMatch(readFileSync(join(home.dir, 'daemon.log'), 'utf8'), /Debugger/);
  assert.doesNotMatch(wait.stderr(), /Debugger/);
  assert.equal(jsonLine((await home.run(['ping'])).stdout).pid, pid);
  await home.run(['kill', 'long', '--force']);
  assert.equal(jsonLine((await wait.done).stdout).kill_reason, 'manual');
});
