// The launcher and scripts/setup, called by a relative path with CDPATH in the environment.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { BABYSIT } from '../support/cli.ts';

it('CDPATH does not change the directory that the set-up uses', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'bs-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const path of ['babysit', 'scripts/setup'])
    cpSync(join(dirname(BABYSIT), path), join(dir, 'pkg', path));
  mkdirSync(join(dir, 'pkg', 'dist'));
  // Without dist/.built the launcher calls scripts/setup.
  writeFileSync(join(dir, 'pkg', 'dist', 'cli.cjs'), "console.log('started')");
  mkdirSync(join(dir, 'other', 'pkg', 'scripts'), { recursive: true });
  for (const CDPATH of ['.', 'other', `${dir}/other:`])
    assert.equal(
      execFileSync('pkg/babysit', ['version'], {
        cwd: dir,
        env: { PATH: process.env.PATH, HOME: dir, CDPATH, BABYSIT_NODE: process.execPath },
        encoding: 'utf8',
      }),
      'started\n',
      CDPATH,
    );
});
