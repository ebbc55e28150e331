// Levers that cost others: refused in the session of an agent unless config.json allows them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Home } from '../src/config/home.ts';
import { SETTING_KEYS } from '../src/config/settings.ts';
import { LEVERS } from '../src/core/host/levers.ts';
import { tempDir } from '../test/support/temp-dir.ts';
import { checkLever, mayPull } from './levers.ts';

const CALLS: readonly (readonly [string, string, object, readonly string[]])[] = [
  ['force', 'run', { force: true }, []],
  ['force', 'exec', { force: true }, []],
  ['config', 'config', {}, ['set', 'admission.max_running', '5']],
  ['profile', 'profile', {}, ['night']],
  ['hold', 'hold', {}, []],
  ['hold', 'release', { all: true }, []],
  ['uninstall_hooks', 'hooks', {}, ['uninstall']],
  ['stop_daemon', 'daemon-stop', { kill_tasks: true }, []],
];
const FREE: readonly (readonly [string, object, readonly string[]])[] = [
  ['run', {}, []],
  ['kill', { force: true }, ['a']],
  ['skills', { force: true }, ['install']],
  ['config', {}, ['show']],
  ['profile', {}, []],
  ['hooks', {}, ['status']],
  ['daemon-stop', {}, []],
];
const AGENT = { CLAUDE_CODE_SESSION_ID: 's' };

it('a lever needs a person, or its setting', (t) => {
  const dir = tempDir(t);
  const config = join(dir, 'config.json');
  const home = { config } as Home;
  const pull = (name: string, flags: object, positionals: readonly string[], env: NodeJS.ProcessEnv) => () =>
    checkLever(name, { flags: { ...flags }, positionals }, () => home, env);
  for (const [lever, name, flags, words] of CALLS) {
    writeFileSync(config, '{}');
    assert.throws(
      pull(name, flags, words, AGENT),
      (error: Error & { code?: string }) =>
        error.code === 'operator_only' && JSON.stringify(error).includes(`agents.may_${lever}`),
    );
    assert.throws(pull(name, flags, words, { CODEX_SANDBOX: 'seatbelt' }));
    assert.doesNotThrow(pull(name, flags, words, { CLAUDE_CODE_SESSION_ID: '' }));
    writeFileSync(config, JSON.stringify({ [`agents.may_${lever}`]: true }));
    assert.doesNotThrow(pull(name, flags, words, AGENT));
    // As `config set` writes it.
    writeFileSync(config, JSON.stringify({ agents: { [`may_${lever}`]: true } }));
    assert.doesNotThrow(pull(name, flags, words, AGENT));
  }
  for (const [name, flags, words] of FREE) assert.doesNotThrow(pull(name, flags, words, AGENT), name);
});

it('each lever has a setting, which is off by default and without a file', (t) => {
  for (const lever of LEVERS) {
    assert.ok(SETTING_KEYS.includes(`agents.may_${lever}` as (typeof SETTING_KEYS)[number]), lever);
    assert.equal(mayPull(lever, { config: join(tempDir(t), 'absent.json') } as Home), false);
  }
});
