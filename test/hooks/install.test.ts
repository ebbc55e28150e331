// babysit hooks and babysit skills in a home of their own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { jsonLine, runCli } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

function rig(t: TestContext) {
  const home = testHome(t);
  const env = { CLAUDE_CONFIG_DIR: '', BABYSIT_NO_AUTOSTART: '1' };
  return {
    work: home.work,
    call: async (...args: string[]) => {
      const { code, stdout, stderr } = await home.run(args, { env });
      assert.equal(code, 0, stderr);
      return jsonLine(stdout);
    },
    fail: (...args: string[]) => home.run(args, { env }),
  };
}

interface Settings {
  readonly hooks: Readonly<
    Record<string, readonly { readonly hooks: readonly { readonly command: string }[] }[]>
  >;
}

const settingsIn = (dir: string): Settings =>
  JSON.parse(readFileSync(join(dir, '.claude/settings.json'), 'utf8'));

describe('babysit hooks', () => {
  it('installs hooks for the user that run from any directory, and removes them again', async (t) => {
    const { work, call } = rig(t);
    const settings = join(work, '.claude/settings.json');
    mkdirSync(join(work, '.claude'));
    writeFileSync(settings, '{\n  "model": "opus"\n}\n');
    assert.equal((await call('hooks', 'install')).changed, true);
    assert.equal((await call('hooks', 'install')).changed, false);
    const { hooks, scope, file } = await call('hooks', 'status');
    assert.deepEqual([scope, file], ['user', settings]);
    assert.deepEqual(
      (hooks as { event: string; current: boolean }[]).map(({ event, current }) => [event, current]),
      [
        ['PreToolUse', true],
        ['SessionStart', true],
      ],
    );
    const command = settingsIn(work).hooks.PreToolUse?.[0]?.hooks[0]?.command ?? '';
    const input = JSON.stringify({
      tool_name: 'Bash',
      tool_input: { command: 'sleep 5; babysit status build' },
    });
    const run = promisify(execFile)('sh', ['-c', `printf '%s' "$INPUT" | ${command}`], {
      cwd: '/',
      env: { ...process.env, INPUT: input, BABYSIT_NODE: process.execPath },
    });
    await assert.rejects(run, { code: 2, stdout: '' });
    assert.equal((await call('hooks', 'uninstall')).changed, true);
    assert.equal(readFileSync(settings, 'utf8'), '{\n  "model": "opus"\n}\n');
  });

  it('installs hooks for a project that do nothing on a host without babysit', async (t) => {
    const { work, call } = rig(t);
    mkdirSync(join(work, '.git'));
    await call('hooks', 'install', '--scope=project', '--stop');
    const { hooks } = settingsIn(work);
    assert.deepEqual(Object.keys(hooks).sort(), ['PreToolUse', 'SessionStart', 'Stop']);
    const command = (hooks.Stop?.[0]?.hooks[0]?.command ?? '').replaceAll(
      /\/[^ ']*\/hooks/g,
      '/nonexistent/hooks',
    );
    await promisify(execFile)('sh', ['-c', command]);
    await call('hooks', 'uninstall', '--scope=project');
    assert.ok(!existsSync(join(work, '.claude/settings.json')));
  });

  it('leaves an invalid file unchanged, and reports the position', async (t) => {
    const { work, fail } = rig(t);
    mkdirSync(join(work, '.claude'));
    writeFileSync(join(work, '.claude/settings.json'), '{ "model": }');
    const { code, stderr } = await fail('hooks', 'install');
    assert.equal(code, 64);
    assert.match(String(jsonLine(stderr).message), /settings\.json: invalid JSON: line 1, column 12/);
    assert.equal(readFileSync(join(work, '.claude/settings.json'), 'utf8'), '{ "model": }');
  });
});

describe('babysit skills', () => {
  it('installs and uninstalls the skill', async (t) => {
    const { work, call } = rig(t);
    const skill = join(work, '.claude/skills/babysit');
    assert.deepEqual(await call('skills', 'install'), { skill, state: 'current', changed: true });
    assert.match(readFileSync(join(skill, 'SKILL.md'), 'utf8'), /^---\nname: babysit\n/);
    assert.deepEqual(await call('skills', 'status'), { skill, state: 'current' });
    assert.deepEqual(await call('skills', 'uninstall'), { skill, state: 'absent', changed: true });
    assert.ok(!existsSync(skill));
  });

  it('adds the snippet to a document of the project', async (t) => {
    const { work, call } = rig(t);
    const file = join(work, 'AGENTS.md');
    writeFileSync(file, '# Rules\n');
    assert.deepEqual(await call('skills', 'install', '--agents_md=AGENTS.md'), {
      file,
      state: 'current',
      changed: true,
    });
    const { stdout } = await runCli(['skills', 'snippet']);
    assert.equal(readFileSync(file, 'utf8'), `# Rules\n\n${stdout}`);
    await call('skills', 'uninstall', '--agents_md=AGENTS.md');
    assert.equal(readFileSync(file, 'utf8'), '# Rules\n');
  });
});

it('hooks and skills refuse unknown verbs and words with a hint', async () => {
  for (const word of ['hooks', 'skills'])
    for (const args of [[word], [word, 'instal'], [word, 'install', 'x'], [word, 'install', '--scope=all']]) {
      const { code, stderr } = await runCli(args);
      assert.equal(code, 64, args.join(' '));
      assert.match(stderr, /hint/);
    }
});
