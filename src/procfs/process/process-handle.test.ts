// A handle that is asked again and again whether its process lives, against real processes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { ProcessHandle } from './process-handle.ts';
import { parseIdentity } from './process-identity.ts';

function identityOf(pid: number | undefined) {
  const identity = parseIdentity(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  assert.ok(identity);
  return identity;
}

describe('a held process', { skip: process.platform === 'linux' ? false : '/proc is of Linux' }, () => {
  it('is alive until it has ended', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    const held = new ProcessHandle(identityOf(child.pid));
    assert.ok(held.isAlive());
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.ok(!held.isAlive());
    held.close();
  });

  it('is not alive as a zombie', async () => {
    const parent = spawn('bash', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(parent.stdout, 'data');
    const child = Number(line);
    const held = new ProcessHandle(identityOf(child));
    assert.ok(held.isAlive());
    process.kill(child, 'SIGKILL');
    await waitUntil(() => !held.isAlive(), { what: 'the zombie' });
    held.close();
    parent.kill('SIGKILL');
    await once(parent, 'close');
  });

  it('is not alive when another process has its pid', () => {
    const me = identityOf(process.pid);
    const held = new ProcessHandle({ ...me, startTicks: (me.startTicks ?? 0) + 1 });
    assert.ok(!held.isAlive());
    held.close();
  });
});
