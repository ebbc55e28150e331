// The files of the CPU share, in groups made of plain files.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { shareCpuV2 } from './driver.ts';

test('shares the CPU of the parent of tasks that an earlier daemon made elsewhere, too', (t) => {
  const root = tempDir(t);
  for (const parent of ['ours', 'earlier']) {
    mkdirSync(join(root, parent));
    for (const file of ['cpu.max', 'cpu.weight']) writeFileSync(join(root, parent, file), '');
  }
  const groups = ['ours/t-2-1', 'earlier/t-1-1', 'gone/t-0-1'].map((path) => ({
    driver: 'v2' as const,
    name: 't',
    path: join(root, path),
  }));
  const share = shareCpuV2({ path: join(root, 'ours'), controllers: new Set(['cpu']) });
  assert.equal(share({ maxCores: 0.5, weight: 50, isIdle: false }, groups), null);
  for (const parent of ['ours', 'earlier'])
    assert.deepEqual(
      ['cpu.max', 'cpu.weight'].map((file) => readFileSync(join(root, parent, file), 'utf8')),
      ['50000 100000', '50'],
    );
});
