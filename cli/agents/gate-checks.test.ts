// What doctor says about the harnesses of the caller, with settings in their documented forms.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Home } from '../../src/config/home.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { findAllowRules } from './allow-rules.ts';
import { HOOKS } from './claude-hooks.ts';
import { gateChecks } from './gate-checks.ts';
import { SHIPPED } from './heavy/rules.ts';
import { installHooks } from './settings-file.ts';

const allow = (...rules: string[]) => JSON.stringify({ permissions: { allow: rules } });

/** [file, text, the rules that let heavy commands run] */
const FILES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    '.claude/settings.json',
    allow(
      'Bash(gradle:*)',
      'Bash(cargo build:*)',
      'Bash(cargo fmt:*)',
      'Bash(git:*)',
      'Read(**)',
      'Bash(npm run build)',
    ),
    ['Bash(gradle:*)', 'Bash(cargo build:*)', 'Bash(npm run build)'],
  ],
  [
    '.claude/settings.local.json',
    `// mine\n${allow('Bash(npm run lint)', 'Bash(./gradlew *)')}`,
    ['Bash(./gradlew *)'],
  ],
  ['.claude/settings.json', allow('Bash(*)'), ['Bash(*)']],
  ['.claude/settings.json', allow('Bash', 'WebFetch'), ['Bash']],
  [
    '.claude/settings.json',
    allow('Bash(babysit:*)', 'Bash(npm test -- a.test.ts)', 'Bash(cargo test -p x)'),
    [],
  ],
  [
    '.claude/settings.json',
    allow('Bash(npx:*)', 'Bash(nohup make:*)', 'Bash(npm run:*)'),
    ['Bash(npx:*)', 'Bash(nohup make:*)', 'Bash(npm run:*)'],
  ],
  ['.cursor/cli-config.json', allow('Shell(ls)', 'Shell(cargo)', 'Shell(**)'), ['Shell(cargo)', 'Shell(**)']],
  [
    '.cursor/permissions.json',
    '{ "terminalAllowlist": ["git", "npm test", "mvn"] } // shared',
    ['npm test', 'mvn'],
  ],
  [
    '.gemini/settings.json',
    '{"tools":{"allowed":["run_shell_command(git)","run_shell_command(go test)"]}}',
    ['run_shell_command(go test)'],
  ],
  ['.gemini/settings.json', '{"allowedTools":["run_shell_command"]}', ['run_shell_command']],
  [
    '.config/opencode/opencode.json',
    '{"permission":{"bash":{"*":"ask","git *":"allow","cargo *":"allow","make":"allow"}}}',
    ['cargo *', 'make'],
  ],
  ['.config/opencode/opencode.json', '{"permission":{"bash":"allow"}}', ['"allow"']],
  [
    '.codex/rules/default.rules',
    '# mine\nprefix_rule(pattern=["git", "status"], decision="allow")\nprefix_rule(\n    pattern = ["cargo", ["build", "test"]],\n)\nprefix_rule(pattern=["make"], decision="prompt")\n',
    ['prefix_rule(pattern=["cargo", ["build", "test"]])'],
  ],
  ['.claude/settings.json', 'not JSON', []],
  ['.claude/settings.json', '{"permissions":{"allow":"Bash"}}', []],
];

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('rules that go round babysit', () => {
  for (const [path, text, expected] of FILES)
    it(`${path}: ${text.slice(0, 60)}`, (t) => {
      const home = tempDir(t);
      write(join(home, path), text);
      const found = findAllowRules(home, join(home, 'project'), SHIPPED);
      assert.deepEqual([...new Set(found.map(({ rule }) => rule))], expected);
    });

  it('are named with the fix, until the hook denies', (t) => {
    const dir = tempDir(t);
    const file = join(dir, '.claude/settings.json');
    write(file, allow('Bash(gradle:*)'));
    const home = { dir, config: join(dir, 'config.json') } as Home;
    const env = {
      HOME: dir,
      CLAUDE_CODE_DISABLE_BG_SHELL_PRESSURE_REAP: '1',
      BASH_MAX_TIMEOUT_MS: '7200000',
    };
    const checks = () => gateChecks(home, join(dir, 'p'), env);
    assert.deepEqual(checks(), [
      {
        what: 'allow rule of Claude Code',
        ok: false,
        reason: `Bash(gradle:*) in ${file} lets heavy commands run without babysit and without a question`,
        fix: 'Remove it from permissions.allow, or run: babysit hooks install && babysit config set hooks.route deny',
      },
      { what: 'waits in Claude Code', ok: true, reason: 'its limits allow long waits', fix: null },
    ]);
    writeFileSync(home.config, '{"hooks":{"route":"deny"}}');
    assert.equal(checks()[0]?.fix, 'Remove it from permissions.allow, or run: babysit hooks install');
    installHooks(file, HOOKS, (script) => `/opt/hooks/${script}`);
    assert.deepEqual(checks()[0]?.ok, true);
  });
});

it('doctor names the variables that end a long wait', (t) => {
  const dir = tempDir(t);
  const home = { dir, config: join(dir, 'config.json') } as Home;
  assert.deepEqual(gateChecks(home, dir, { HOME: dir }), []);
  write(
    join(dir, '.claude/settings.json'),
    '{"env":{"BASH_MAX_TIMEOUT_MS":"3600000","MCP_TOOL_TIMEOUT":"60000"}}',
  );
  const fixes = gateChecks(home, dir, { HOME: dir }).map(({ fix }) => fix);
  assert.deepEqual(fixes, [
    `Set CLAUDE_CODE_DISABLE_BG_SHELL_PRESSURE_REAP to 1 under env in ${dir}/.claude/settings.json`,
    `Set MCP_TOOL_TIMEOUT to 3600000 under env in ${dir}/.claude/settings.json`,
  ]);
});
