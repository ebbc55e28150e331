// The directory of the state.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BabysitError } from '../core/errors.ts';
import { findHome } from './home.ts';

describe('findHome', () => {
  const TABLE: [Record<string, string>, string][] = [
    [{ BABYSIT_HOME: '/b', XDG_STATE_HOME: '/x', HOME: '/h' }, '/b'],
    [{ BABYSIT_HOME: '', XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/babysit'],
    [{ XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/babysit'],
    [{ XDG_STATE_HOME: '', HOME: '/h' }, '/h/.local/state/babysit'],
    [{ XDG_STATE_HOME: 'relative', HOME: '/h' }, '/h/.local/state/babysit'],
  ];
  for (const [env, dir] of TABLE)
    it(`of ${JSON.stringify(env)} is ${dir}`, () => assert.equal(findHome(env).dir, dir));

  for (const env of [
    {},
    { HOME: '' },
    { BABYSIT_HOME: 'relative' },
    { BABYSIT_HOME: `/${'x'.repeat(120)}` },
    { BABYSIT_HOME: '/a\nb' },
  ])
    it(`refuses ${JSON.stringify(env).slice(0, 60)}`, () =>
      assert.throws(
        () => findHome(env),
        (error) => error instanceof BabysitError && error.code === 'usage' && /HOME/.test(error.message),
      ));

  it('has every path inside the directory', () => {
    const { dir, ...paths } = findHome({ BABYSIT_HOME: '/b' });
    assert.ok(Object.keys(paths).length > 5);
    for (const path of Object.values(paths)) assert.ok(path.startsWith(`${dir}/`), path);
  });
});
