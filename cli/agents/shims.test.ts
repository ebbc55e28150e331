// Shims: heavy calls go to babysit, others and those inside a task run the program directly.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { installedShims, installShims, removeShims } from './shims.ts';

const script = (file: string, text: string) => writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });

it('a shim asks the rules, and falls back to the program without them', (t) => {
  const base = tempDir(t);
  const [bin, dir, hooks] = ['bin', 'it is mine', 'hooks'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [bin, hooks, join(base, 'dist')]) mkdirSync(each);
  cpSync(join(import.meta.dirname, '../../hooks/find-node.sh'), join(hooks, 'find-node.sh'));
  writeFileSync(join(base, 'dist/hooks.cjs'), 'process.exit(process.argv[4] === "build" ? 3 : 0)');
  script(join(bin, 'cargo'), 'echo "cargo $* $NODE_OPTIONS"; exit 7');
  const babysit = join(bin, 'babysit');
  script(babysit, 'echo "babysit $*"; exit 9');
  installShims(['cargo', 'make'], { dir, babysit, hooks });
  assert.deepEqual(installedShims(dir), ['cargo', 'make']);
  const call = (word: string, env: NodeJS.ProcessEnv = {}) => {
    const vars = {
      PATH: `${dir}:${bin}:/usr/bin:/bin`,
      BABYSIT_NODE: process.execPath,
      NODE_OPTIONS: '--kept',
      ...env,
    };
    return execFileSync('sh', ['-c', `cargo ${word}; echo $?`], { env: vars, encoding: 'utf8' }).trim();
  };
  assert.equal(call('build'), `babysit exec -- ${bin}/cargo build\n9`);
  assert.equal(call('fmt'), 'cargo fmt --kept\n7');
  assert.equal(call('build', { BABYSIT_TASK_ID: 'x' }), 'cargo build --kept\n7');
  assert.throws(() => installShims(['../x'], { dir, babysit, hooks }), /not the name/);
  assert.deepEqual(removeShims([], dir), ['cargo', 'make']);
});
