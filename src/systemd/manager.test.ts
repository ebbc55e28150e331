// Which manager of systemd a user has, and how it is reached.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { findManager, managerEnv, managerFlags, runtimeDirectory } from './manager.ts';

const isRoot = process.getuid?.() === 0;

describe('the manager of systemd', () => {
  it('is that of the host for root, else that of the user', () => {
    const { manager, place, isRunning } = findManager({ XDG_RUNTIME_DIR: '/nowhere' });
    assert.equal(manager, isRoot ? 'system' : 'user');
    assert.equal(
      place,
      isRoot
        ? '/run/systemd/system'
        : join(runtimeDirectory({ XDG_RUNTIME_DIR: '/nowhere' }), 'systemd/private'),
    );
    assert.equal(isRunning, isRoot && process.platform === 'linux' && existsSync(place));
  });

  it('of the user is asked for by a flag and found by a variable', () => {
    assert.deepEqual(managerFlags('user'), ['--user']);
    const names = Object.keys(managerEnv('user', { PATH: '/x', XDG_RUNTIME_DIR: '/run/y', OTHER: 'z' }));
    assert.deepEqual(names, ['PATH', 'XDG_RUNTIME_DIR']);
    assert.equal(managerEnv('user', {}).XDG_RUNTIME_DIR, `/run/user/${process.getuid?.()}`);
  });

  it('of the user is looked for in XDG_RUNTIME_DIR, then in the directory of the user', (t) => {
    const dir = tempDir(t);
    const [given, own] = ['given', 'own'].map((name) => join(dir, name)) as [string, string];
    const place = () => runtimeDirectory({ XDG_RUNTIME_DIR: given }, own);
    const start = (directory: string) => {
      mkdirSync(join(directory, 'systemd'), { recursive: true });
      writeFileSync(join(directory, 'systemd/private'), '');
    };
    assert.equal(place(), given);
    start(own);
    assert.equal(place(), own);
    start(given);
    assert.equal(place(), given);
    assert.equal(runtimeDirectory({ XDG_RUNTIME_DIR: '' }, own), own);
  });

  it('of the host needs neither', () => {
    assert.deepEqual(managerFlags('system'), []);
    assert.deepEqual(managerEnv('system', {}), { PATH: '/usr/bin:/bin' });
  });
});
