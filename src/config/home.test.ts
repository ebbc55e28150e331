// The directory of the state.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BabysitError } from '../core/errors.ts';
import { findHome } from './home.ts';

describe('findHome', () => {
  const { homedir } = userInfo();
  const TABLE: [Record<string, string>, string][] = [
    [{}, join(homedir, '.local/state/babysit')],
    [{ HOME: '' }, join(homedir, '.local/state/babysit')],
    [{ BABYSIT_HOME: '/b', XDG_STATE_HOME: '/x', HOME: '/h' }, '/b'],
    [{ BABYSIT_HOME: '', XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/babysit'],
    [{ XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/babysit'],
    [{ XDG_STATE_HOME: '', HOME: '/h' }, '/h/.local/state/babysit'],
    [{ XDG_STATE_HOME: 'relative', HOME: '/h' }, '/h/.local/state/babysit'],
  ];
  for (const [env, dir] of TABLE)
    it(`of ${JSON.stringify(env)} is ${dir}`, () => assert.equal(findHome(env).dir, dir));

  for (const env of [
    { HOME: 'relative' },
    { BABYSIT_HOME: 'relative' },
    { BABYSIT_HOME: `/${'x'.repeat(120)}` },
    { BABYSIT_HOME: '/a\nb' },
  ])
    it(`refuses ${JSON.stringify(env).slice(0, 60)}`, () =>
      assert.throws(
        () => findHome(env),
        (error) =>
          error instanceof BabysitError &&
          error.code === 'usage' &&
          /HOME/.test(error.message) &&
          /^Set .*HOME/.test(error.hint),
      ));

  it('has every path inside the directory', () => {
    const { dir, ...paths } = findHome({ BABYSIT_HOME: '/b' });
    assert.ok(Object.keys(paths).length > 5);
    for (const path of Object.values(paths)) assert.ok(path.startsWith(`${dir}/`), path);
  });
});

describe('findHome with several names of one directory', () => {
  const findDir = (dir: string) => findHome({ BABYSIT_HOME: dir }).dir;

  it('returns the real path', (t) => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'bs-')));
    t.after(() => rmSync(base, { recursive: true }));
    mkdirSync(join(base, 'deep', 'home'), { recursive: true });
    symlinkSync('deep/home', join(base, 'link'));
    const real = join(base, 'deep', 'home');
    for (const name of ['deep/home/', 'deep/./home', 'deep//home', 'absent/../deep/home', 'link', 'link/'])
      assert.equal(findDir(`${base}/${name}`), real, name);
    // As the kernel resolves it: the parent of the directory that the link refers to.
    assert.equal(findDir(`${base}/link/../home`), real);
    for (const name of ['link/new/', 'link/absent/../new', 'absent/../link/new'])
      assert.equal(findDir(`${base}/${name}`), join(real, 'new'), name);
  });

  it('keeps a link when the real path is too long for a socket', (t) => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'bs-')));
    t.after(() => rmSync(base, { recursive: true }));
    mkdirSync(join(base, 'x'.repeat(120)));
    symlinkSync('x'.repeat(120), join(base, 'short'));
    assert.equal(findDir(join(base, 'short')), join(base, 'short'));
  });
});
