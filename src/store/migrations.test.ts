// The numbered files: complete and in order, or refused.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { readMigrations } from './migrations.ts';

function folder(t: TestContext, names: readonly string[]): string {
  const dir = tempDir(t);
  for (const name of names) writeFileSync(join(dir, name), `-- ${name}\n`);
  return dir;
}

describe('readMigrations', () => {
  it('returns the files in the order of their numbers, and nothing else', (t) => {
    const dir = folder(t, ['0002-second.sql', '0001-first.sql', 'README.md']);
    assert.deepEqual(readMigrations(dir), ['-- 0001-first.sql\n', '-- 0002-second.sql\n']);
  });

  const INCOMPLETE: [string, readonly string[], number][] = [
    ['an empty folder', [], 1],
    ['a first file that is missing', ['0002-b.sql'], 1],
    ['a gap', ['0001-a.sql', '0003-c.sql'], 2],
    ['two files of one number', ['0001-a.sql', '0001-b.sql'], 2],
    ['a file without a number', ['0001-a.sql', 'b.sql'], 2],
  ];
  for (const [what, names, missing] of INCOMPLETE)
    it(`refuses ${what}`, (t) => {
      const dir = folder(t, names);
      assert.throws(() => readMigrations(dir), {
        message: new RegExp(`^${dir}: migration ${missing} is missing`),
      });
    });
});
