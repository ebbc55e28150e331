// The directory of V8's compile cache, where it cannot be made.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { testHome } from '../support/home.ts';

it('a command works without a cache directory', async (t) => {
  const home = testHome(t);
  // The first command may build.
  await home.run(['version']);
  writeFileSync(join(home.work, 'file'), '');
  for (const XDG_CACHE_HOME of [
    '/proc/absent',
    join(home.work, 'file'),
    join(home.work, 'file', 'x'),
    '/dev/null/x',
  ]) {
    const { code, stderr } = await home.run(['version'], { env: { XDG_CACHE_HOME } });
    assert.deepEqual([code, stderr], [0, ''], XDG_CACHE_HOME);
  }
});

it('a command makes its cache directory with the parents', async (t) => {
  const home = testHome(t);
  const cache = join(home.work, 'new', 'cache');
  await home.run(['version'], { env: { XDG_CACHE_HOME: cache } });
  assert.ok(existsSync(join(cache, 'babysit', 'code')));
});

it('hooks install fails where its directory cannot be made', async (t) => {
  const home = testHome(t);
  const env = { CLAUDE_CONFIG_DIR: '/proc/absent' };
  for (const args of [
    ['hooks', 'install'],
    ['skills', 'install'],
  ])
    assert.notEqual((await home.run(args, { env })).code, 0, args.join(' '));
});
