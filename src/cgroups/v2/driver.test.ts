// The files of the total CPU cap, in groups made of plain files.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { totalCpuV2 } from './driver.ts';

test('caps the parent of tasks that an earlier daemon made elsewhere, too', (t) => {
  const root = tempDir(t);
  for (const parent of ['ours', 'earlier']) {
    mkdirSync(join(root, parent));
    writeFileSync(join(root, parent, 'cpu.max'), '');
  }
  const groups = ['ours/t-2-1', 'earlier/t-1-1', 'gone/t-0-1'].map((path) => ({
    driver: 'v2' as const,
    name: 't',
    path: join(root, path),
  }));
  assert.equal(totalCpuV2({ path: join(root, 'ours'), controllers: new Set(['cpu']) })(0.5, groups), null);
  const caps = ['ours', 'earlier'].map((parent) => readFileSync(join(root, parent, 'cpu.max'), 'utf8'));
  assert.deepEqual(caps, ['50000 100000', '50000 100000']);
});
