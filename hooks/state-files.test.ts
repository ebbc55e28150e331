// The names under which a command may read the files of the state directory.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { isStatePath } from './state-files.ts';

it('a state directory is recognized by the name in BABYSIT_HOME and by its real path', (t) => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'bs-')));
  t.after(() => rmSync(base, { recursive: true }));
  mkdirSync(join(base, 'real'));
  symlinkSync('real', join(base, 'link'));
  const isState = (path: string, home: string) =>
    isStatePath(join(base, path), new Map([['BABYSIT_HOME', { texts: [join(base, home)] }]]));
  for (const home of ['link', 'link/', 'absent/../link']) {
    assert.ok(isState('link/daemon.log', home), home);
    assert.ok(isState('real/daemon.log', home), home);
    assert.ok(!isState('real2/daemon.log', home), home);
  }
});
