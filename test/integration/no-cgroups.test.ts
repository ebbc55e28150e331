// The driver tests once more without cgroups, by process groups, sampling and signals.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

test('cgroups.test.ts passes without cgroups', (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', join(import.meta.dirname, 'cgroups.test.ts')],
    { env: { ...process.env, BABYSIT_TEST_DRIVER: 'none', NODE_TEST_CONTEXT: undefined }, encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /pass [1-9]/);
  t.diagnostic(/pass \d+/.exec(stdout)?.[0] ?? '');
});
