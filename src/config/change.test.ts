// Changes of a setting: in the file, in force, or waiting for a restart.
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { BabysitError } from '../core/errors.ts';
import { liveConfig } from './change.ts';
import { loadConfig } from './load.ts';

function open(t: TestContext, file?: string, env: Record<string, string> = {}) {
  const path = join(tempDir(t), 'config.json');
  if (file !== undefined) writeFileSync(path, file);
  const live = liveConfig(path, env, loadConfig(path, env));
  return { path, live, file: () => JSON.parse(readFileSync(path, 'utf8')) as unknown };
}

describe('a changed setting', () => {
  const FORMS: [what: string, before: string | undefined, after: object][] = [
    ['no file', undefined, { watchdog: { kill_grace: '3s' } }],
    ['an object', '{"watchdog":{"dry_run":true}}', { watchdog: { dry_run: true, kill_grace: '3s' } }],
    ['a dotted key', '{"watchdog.kill_grace":"9s"}', { 'watchdog.kill_grace': '3s' }],
    ['a value', '{"watchdog":{"kill_grace":"9s"},"log":{}}', { watchdog: { kill_grace: '3s' }, log: {} }],
  ];
  for (const [what, before, after] of FORMS)
    it(`goes into the file with ${what}`, (t) => {
      const { live, file } = open(t, before);
      assert.deepEqual(live.change('watchdog.kill_grace', '3s'), {
        key: 'watchdog.kill_grace',
        takesEffect: 'now',
      });
      assert.deepEqual(file(), after);
      assert.equal(live.loaded.config['watchdog.kill_grace'], 3000);
      assert.deepEqual([live.loaded.sources['watchdog.kill_grace'], live.pending.size], ['file', 0]);
    });

  it('is removed with null, and the default applies', (t) => {
    const { live, file } = open(t, '{"watchdog":{"kill_grace":"9s"},"log":{"keep":3}}');
    assert.equal(live.change('watchdog.kill_grace', null).takesEffect, 'now');
    assert.deepEqual(file(), { log: { keep: 3 } });
    assert.equal(live.loaded.config['watchdog.kill_grace'], 10_000);
    assert.equal(live.loaded.written['watchdog.kill_grace'], '10s');
  });

  it('waits for a restart where the daemon reads it only at its start', (t) => {
    const { live } = open(t);
    assert.equal(live.change('api.max_body', '9M').takesEffect, 'after_restart');
    assert.deepEqual([...live.pending], ['api.max_body']);
    assert.equal(live.loaded.config['api.max_body'], 8 * 1024 ** 2);
    assert.equal(live.loaded.written['api.max_body'], '9M');
  });

  it('says when a variable of the daemon overrides it', (t) => {
    const { live, file } = open(t, undefined, { BABYSIT_LOG_KEEP: '7' });
    assert.equal(live.change('log.keep', 3).takesEffect, 'environment');
    assert.deepEqual(file(), { log: { keep: 3 } });
    assert.equal(live.loaded.config['log.keep'], 7);
  });

  const REFUSED: [string, unknown, RegExp][] = [
    ['watchdog.kill_grace', 'soon', /kill_grace/],
    ['watchdog.kill_grace', '2d', /the limit is 1d/],
    ['log.keep', true, /log\.keep/],
    ['admission', 3, /there is no setting "admission"/],
  ];
  for (const [key, value, why] of REFUSED)
    it(`${key} = ${value} is refused, and nothing changes`, (t) => {
      const { live, file } = open(t, '{"log":{"keep":3}}', { BABYSIT_WATCHDOG_KILL_GRACE: '7s' });
      assert.throws(
        () => live.change(key, value),
        (error) => error instanceof BabysitError && error.code === 'usage' && why.test(error.message),
      );
      assert.deepEqual(file(), { log: { keep: 3 } });
    });

  it('leaves a link to the file in place', (t) => {
    const dir = tempDir(t);
    writeFileSync(join(dir, 'real.json'), '{}');
    symlinkSync(join(dir, 'real.json'), join(dir, 'config.json'));
    const path = join(dir, 'config.json');
    liveConfig(path, {}, loadConfig(path, {})).change('log.keep', 2);
    assert.deepEqual(JSON.parse(readFileSync(join(dir, 'real.json'), 'utf8')), { log: { keep: 2 } });
  });
});
