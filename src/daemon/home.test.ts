// What the daemon says about a state directory that it cannot use.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { AS_ROOT, NOBODY, withoutRoot } from '../../test/support/another-user.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { findHome, type Home } from '../config/home.ts';
import { prepareHome } from './home.ts';

function homeOfNobody(t: TestContext) {
  const base = tempDir(t);
  chmodSync(base, 0o711);
  const paths = findHome({ BABYSIT_HOME: join(base, "it's home") });
  mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
  for (const dir of [paths.dir, paths.tasks]) chownSync(dir, NOBODY, NOBODY);
  return paths;
}

const prepareAsNobody = (paths: Home) => withoutRoot(() => prepareHome(paths));

for (const name of ['babysit.db', 'babysit.db-wal', 'daemon.lock', 'daemon.pid', 'babysit.id', 'config.json'])
  it(`names the command that gives ${name} of another user back, or that opens it`, AS_ROOT, (t) => {
    const paths = homeOfNobody(t);
    prepareAsNobody(paths);
    const path = join(paths.dir, name);
    const quoted = `'${path.replace("'", "'\\''")}'`;
    writeFileSync(path, '', { mode: 0o600 });
    assert.throws(() => prepareAsNobody(paths), {
      message: `${path}: cannot be used: it belongs to user 0. Run: sudo chown ${NOBODY} ${quoted}`,
    });
    chownSync(path, NOBODY, NOBODY);
    chmodSync(path, 0);
    assert.throws(() => prepareAsNobody(paths), {
      message: `${path}: cannot be used: its mode is 000. Run: chmod u+rw ${quoted}`,
    });
    chmodSync(path, 0o600);
    prepareAsNobody(paths);
  });
