// Counter files: absent, changing and closed.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { counter } from './cgroupfs.ts';

function absentFile(t: TestContext): string {
  return join(tempDir(t), 'memory.current');
}

it('a counter follows its file until it is closed', (t) => {
  const path = absentFile(t);
  writeFileSync(path, '4096\n');
  const file = counter(path);
  assert.equal(file.read(), '4096\n');
  writeFileSync(path, '8\n');
  assert.equal(file.read(), '8\n');
  file.close();
  assert.equal(file.read(), null);
});

it('a missing counter is looked for once; that of a future group, until it exists', (t) => {
  const path = absentFile(t);
  const never = counter(path);
  const later = counter(path, 'later');
  assert.deepEqual([never.read(), later.read()], [null, null]);
  writeFileSync(path, '1\n');
  assert.deepEqual([never.read(), later.read()], [null, '1\n']);
  later.close();
  assert.equal(later.read(), null);
});
