// Which manager of systemd a user has, and how it is reached.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findManager, managerEnv, managerFlags } from './manager.ts';

const isRoot = process.getuid?.() === 0;

describe('the manager of systemd', () => {
  it('is that of the host for root, else that of the user', () => {
    const { manager, place, isRunning } = findManager({ XDG_RUNTIME_DIR: '/nowhere' });
    assert.equal(manager, isRoot ? 'system' : 'user');
    assert.equal(place, isRoot ? '/run/systemd/system' : '/nowhere/systemd/private');
    assert.equal(isRunning, isRoot && process.platform === 'linux' && existsSync(place));
  });

  it('of the user is asked for by a flag and found by a variable', () => {
    assert.deepEqual(managerFlags('user'), ['--user']);
    assert.deepEqual(managerEnv('user', { PATH: '/x', XDG_RUNTIME_DIR: '/run/y', OTHER: 'z' }), {
      PATH: '/x',
      XDG_RUNTIME_DIR: '/run/y',
    });
    assert.equal(managerEnv('user', {}).XDG_RUNTIME_DIR, `/run/user/${process.getuid?.()}`);
  });

  it('of the host needs neither', () => {
    assert.deepEqual(managerFlags('system'), []);
    assert.deepEqual(managerEnv('system', {}), { PATH: '/usr/bin:/bin' });
  });
});
