// Settings files: restored byte for byte by uninstall; never changed when they are invalid.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SETTINGS, UNREADABLE } from '../../test/hooks/settings-texts.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { HOOKS } from './claude-hooks.ts';
import { backupOf, installedHooks, installHooks, uninstallHooks } from './settings-file.ts';

const commandOf = (script: string) => `/opt/babysit/hooks/${script}`;
const install = (file: string) => installHooks(file, HOOKS, commandOf);

describe('settings files', () => {
  for (const [what, text] of Object.entries(SETTINGS))
    it(`install, install, uninstall: ${what}`, (t) => {
      const dir = tempDir(t);
      const file = join(dir, 'settings.json');
      writeFileSync(file, text);
      assert.deepEqual(install(file), { isChanged: true, backup: backupOf(file) });
      assert.equal(readFileSync(backupOf(file), 'utf8'), text);
      const once = readFileSync(file);
      assert.equal(install(file).isChanged, false);
      assert.deepEqual(readFileSync(file), once);
      assert.equal(installedHooks(file).length, HOOKS.length);
      assert.deepEqual(uninstallHooks(file), { isChanged: true, backup: null });
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.equal(uninstallHooks(file).isChanged, false);
      assert.deepEqual(readdirSync(dir), ['settings.json']);
    });

  for (const [what, [text, reason]] of Object.entries(UNREADABLE))
    it(`refuses ${what}`, (t) => {
      const dir = tempDir(t);
      const file = join(dir, 'settings.json');
      writeFileSync(file, text);
      for (const act of [install, uninstallHooks, installedHooks])
        assert.throws(
          () => act(file),
          (error: Error) => error.message.includes(file) && reason.test(error.message),
        );
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.deepEqual(readdirSync(dir), ['settings.json']);
    });

  it('refuses bytes that are not UTF-8', (t) => {
    const file = join(tempDir(t), 'settings.json');
    writeFileSync(file, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    assert.throws(() => install(file), /not UTF-8/);
  });

  it('creates a missing file and removes it again', (t) => {
    const dir = tempDir(t);
    const file = join(dir, '.claude', 'settings.json');
    assert.deepEqual(install(file), { isChanged: true, backup: null });
    assert.equal(installedHooks(file).length, HOOKS.length);
    uninstallHooks(file);
    assert.ok(!existsSync(file));
  });

  it('keeps later changes, and the backup', (t) => {
    const file = join(tempDir(t), 'settings.json');
    writeFileSync(file, '{\n  "model": "opus"\n}\n');
    install(file);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"opus"', '"sonnet"'));
    assert.deepEqual(uninstallHooks(file), { isChanged: true, backup: backupOf(file) });
    assert.equal(readFileSync(file, 'utf8'), '{\n  "model": "sonnet"\n}\n');
  });

  it('follows a link and keeps the mode', (t) => {
    const dir = tempDir(t);
    const real = join(dir, 'dotfiles.json');
    const file = join(dir, 'settings.json');
    writeFileSync(real, '{}\n');
    chmodSync(real, 0o600);
    symlinkSync('dotfiles.json', file);
    install(file);
    assert.ok(lstatSync(file).isSymbolicLink());
    assert.equal(installedHooks(real).length, HOOKS.length);
    assert.equal(statSync(real).mode & 0o777, 0o600);
    assert.equal(statSync(backupOf(file)).mode & 0o777, 0o600);
    uninstallHooks(file);
    assert.equal(readFileSync(real, 'utf8'), '{}\n');
  });
});

describe('settings files with a key twice', () => {
  for (const [key, text] of [
    ['hooks', '{"hooks":{"PreToolUse":[]},"hooks":{"Stop":[]}}'],
    ['Stop', '{\n  "hooks": { "Stop": [], "Stop": [] }\n}\n'],
    ['command', '{"hooks":{"Stop":[{"hooks":[{"command":"a","command":"b"}]}]}}'],
    ['\\u0068ooks', '{"hooks":{},"\\u0068ooks":{}}'],
  ] as const)
    it(`refuses ${key} twice`, (t) => {
      const dir = tempDir(t);
      const file = join(dir, 'settings.json');
      writeFileSync(file, text);
      for (const act of [install, uninstallHooks, installedHooks])
        assert.throws(() => act(file), /line \d+, column \d+: the key "\w+" occurs twice/);
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.deepEqual(readdirSync(dir), ['settings.json']);
    });

  it('accepts the same key in different objects', (t) => {
    const file = join(tempDir(t), 'settings.json');
    writeFileSync(file, '{"env":{"hooks":"1"},"hooks":{}}');
    assert.equal(install(file).isChanged, true);
  });
});

describe('settings files behind links to nothing', () => {
  for (const [what, path] of [
    ['relative', 'dotfiles/settings.json'],
    ['up from a linked directory', '../dotfiles/settings.json'],
  ] as const)
    it(`creates the file and keeps the links: ${what}`, (t) => {
      const dir = tempDir(t);
      mkdirSync(join(dir, 'real'));
      symlinkSync('real', join(dir, 'claude'));
      const file = join(dir, 'claude', 'settings.json');
      symlinkSync('second', file);
      symlinkSync(path, join(dir, 'real', 'second'));
      assert.deepEqual(install(file), { isChanged: true, backup: null });
      const created = join(dir, 'real', path);
      assert.ok(lstatSync(file).isSymbolicLink());
      assert.equal(installedHooks(created).length, HOOKS.length);
      uninstallHooks(file);
      assert.ok(lstatSync(file).isSymbolicLink());
      assert.ok(!existsSync(created));
    });

  it('refuses a cycle of links', (t) => {
    const file = join(tempDir(t), 'settings.json');
    symlinkSync('settings.json', file);
    assert.throws(() => install(file), /ELOOP/);
  });
});
