// What a daemon notices of its state directory.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { findHome } from '../config/home.ts';
import { watchHome } from './home-watch.ts';

const base = tempDir({ after });
const CASES: [string, (file: string) => void][] = [
  ['deleted', (file) => rmSync(file)],
  ['moved', (file) => renameSync(file, `${file}.away`)],
  [
    'replaced',
    (file) => {
      writeFileSync(`${file}.copy`, '');
      renameSync(`${file}.copy`, file);
    },
  ],
];
for (const suffix of ['', '-wal'])
  for (const [how, change] of CASES)
    it(`babysit.db${suffix} was ${how}`, () => {
      const home = findHome({ BABYSIT_HOME: mkdtempSync(join(base, 'h-')) });
      for (const file of [home.database, `${home.database}-wal`]) writeFileSync(file, '');
      const loss = watchHome(home);
      assert.equal(loss(), null);
      change(`${home.database}${suffix}`);
      assert.match(loss() ?? '', new RegExp(`its database .*babysit\\.db${suffix} was moved or deleted`));
    });
