// The installed skill: current, outdated or edited; edits are never lost.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { installSkill, skillStatus, uninstallSkill } from './skill-files.ts';

const SKILL = join(import.meta.dirname, '../../skill');

function rig(t: TestContext) {
  const dir = tempDir(t);
  const source = join(dir, 'package');
  const target = join(dir, 'skills', 'babysit');
  cpSync(SKILL, source, { recursive: true });
  return { source, target, state: () => skillStatus(source, target).state };
}

describe('the skill in a skills directory', () => {
  it('is installed once and uninstalled completely', (t) => {
    const { source, target, state } = rig(t);
    assert.equal(state(), 'absent');
    assert.equal(installSkill(source, target, false), true);
    assert.equal(state(), 'current');
    assert.equal(
      readFileSync(join(target, 'SKILL.md'), 'utf8'),
      readFileSync(join(SKILL, 'SKILL.md'), 'utf8'),
    );
    assert.equal(installSkill(source, target, false), false);
    assert.deepEqual(uninstallSkill(source, target), { isChanged: true, kept: [] });
    assert.ok(!existsSync(target));
    assert.deepEqual(uninstallSkill(source, target), { isChanged: false, kept: [] });
  });

  it('is updated by a newer babysit, also when that has fewer files', (t) => {
    const { source, target, state } = rig(t);
    installSkill(source, target, false);
    writeFileSync(join(source, 'SKILL.md'), 'newer');
    rmSync(join(source, 'references', 'capacity.md'));
    assert.equal(state(), 'outdated');
    assert.equal(installSkill(source, target, false), true);
    assert.equal(readFileSync(join(target, 'SKILL.md'), 'utf8'), 'newer');
    assert.ok(!existsSync(join(target, 'references', 'capacity.md')));
    assert.equal(state(), 'current');
  });

  it('restores a removed file', (t) => {
    const { source, target, state } = rig(t);
    installSkill(source, target, false);
    rmSync(join(target, 'SKILL.md'));
    assert.equal(state(), 'outdated');
    installSkill(source, target, false);
    assert.equal(state(), 'current');
  });

  it('does not overwrite an edited file without force, and keeps it on uninstall', (t) => {
    const { source, target } = rig(t);
    installSkill(source, target, false);
    writeFileSync(join(target, 'SKILL.md'), 'mine');
    assert.deepEqual(skillStatus(source, target), { state: 'modified', modified: ['SKILL.md'] });
    assert.throws(() => installSkill(source, target, false), /SKILL\.md was edited/);
    assert.deepEqual(uninstallSkill(source, target), { isChanged: true, kept: ['SKILL.md'] });
    assert.deepEqual(readdirSync(target), ['SKILL.md']);
    assert.throws(() => installSkill(source, target, false), /SKILL\.md was edited/);
    assert.equal(installSkill(source, target, true), true);
    assert.equal(skillStatus(source, target).state, 'current');
  });

  it('keeps other files in its directory', (t) => {
    const { source, target } = rig(t);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'notes.md'), 'mine');
    installSkill(source, target, false);
    uninstallSkill(source, target);
    assert.deepEqual(readdirSync(target), ['notes.md']);
  });

  it('removes nothing outside its directory, with any manifest', (t) => {
    const { source, target } = rig(t);
    installSkill(source, target, false);
    const victim = join(target, '..', 'victim');
    writeFileSync(victim, '');
    writeFileSync(join(target, '.babysit-skill.json'), JSON.stringify({ '../victim': 'x' }));
    uninstallSkill(source, target);
    assert.ok(existsSync(victim));
  });
});
