// Runs every command of the skill in order, as an agent does, against a real daemon; and checks the rules of the skill.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { COMMANDS } from '../cli/commands.ts';
import { decide } from '../hooks/decide.ts';
import { KILL_REASON_NAMES } from '../src/core/kill-reasons.ts';
import { DEADLINE_MS } from './support/budget.ts';
import { BABYSIT } from './support/cli.ts';
import { type TestHome, testHome } from './support/home.ts';
import { tempDir } from './support/temp-dir.ts';

const SKILL = join(import.meta.dirname, '../skill');
const FILES = ['SKILL.md', ...readdirSync(join(SKILL, 'references')).map((name) => join('references', name))];
const read = (file: string) => readFileSync(join(SKILL, file), 'utf8');
const blocksOf = (file: string) =>
  [...read(file).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block?.trim() ?? '');

/** The project of the skill's examples. */
const TRAIN = `#!/bin/sh
steps=10
for word; do case $word in --steps=*) steps=\${word#*=} ;; esac; done
for i in $(seq "$steps"); do
  echo "[$i/$steps] loss=0.$i"
  until [ -e waited ]; do sleep 0.05; done
  sleep 0.05
done
`;
/** On a slow machine the training would end before the command that changes it: it goes on when a command waits. */
const ON_WAIT = `trap 'case $BASH_COMMAND in *wait*) : >waited ;; esac' DEBUG\n`;
const PROJECT = { 'train.sh': TRAIN, 'eval.sh': '#!/bin/sh\necho "score: 0.9 $*"\n' };

function project(home: TestHome): string {
  const dir = join(home.work, 'project');
  mkdirSync(join(dir, '.git'), { recursive: true });
  for (const [name, body] of Object.entries(PROJECT)) {
    writeFileSync(join(dir, name), body);
    chmodSync(join(dir, name), 0o755);
  }
  return dir;
}

function runBlock(
  block: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-ec', ON_WAIT + block], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}

for (const file of FILES)
  describe(`commands of skill/${file}`, { concurrency: false }, () => {
    it('succeed, one after the other', async (t) => {
      const home = testHome(t);
      const cwd = project(home);
      const path = `${dirname(BABYSIT)}:${process.env.PATH}`;
      const env = {
        ...home.env,
        PATH: path,
        BABYSIT_NODE: process.execPath,
        CLAUDE_CODE_SESSION_ID: 'agent',
      };
      const blocks = blocksOf(file);
      assert.ok(blocks.length > 0);
      for (const block of blocks)
        await t.test(block.split('\n')[0] ?? '', async () => {
          const { code, text } = await runBlock(block, cwd, env);
          assert.equal(code, 0, `${block}\n${text}`);
        });
    });
  });

describe('the skill', () => {
  it('begins with front matter that harnesses accept', () => {
    const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(read('SKILL.md')) ?? [];
    const [name, description = '', tools, ...hooks] = front.split('\n');
    assert.deepEqual([name, tools, hooks[0]], ['name: babysit', 'allowed-tools: Bash(babysit:*)', 'hooks:']);
    assert.match(description, /^description: [^:#]+$/);
    assert.ok(description.length <= 1024);
  });

  it('blocks polling by the hook of its front matter, and nothing without babysit in PATH', (t) => {
    const [, hook = ''] = /\n {10}command: (.+)\n/.exec(read('SKILL.md')) ?? [];
    const bin = tempDir(t);
    symlinkSync(BABYSIT, join(bin, 'babysit'));
    const judge = (command: string, path: string) =>
      spawnSync('sh', ['-c', hook], {
        input: JSON.stringify({ hook_event_name: 'PreToolUse', tool_input: { command } }),
        encoding: 'utf8',
        env: { PATH: path, HOME: bin },
      });
    const blocked = judge('sleep 60 && babysit status build', `${bin}:/usr/bin:/bin`);
    assert.equal(blocked.status, 2);
    assert.match(blocked.stderr, /babysit wait build/);
    assert.equal(judge('babysit wait build', `${bin}:/usr/bin:/bin`).status, 0);
    assert.equal(judge('sleep 60 && babysit status build', '/usr/bin:/bin').status, 0);
  });

  it('names the flags that save an agent a script', () => {
    for (const flag of ['--batch', '--after', '--while', '--jobserver'])
      assert.ok(read('SKILL.md').includes(`\`${flag}`) || read('SKILL.md').includes(` ${flag}=`), flag);
  });

  it('is short enough to be read each time', () => {
    assert.ok(read('SKILL.md').split('\n').length <= 150);
    for (const file of FILES) assert.ok(read(file).split('\n').length <= 150, file);
  });

  it('links only to files that exist, and to every reference', () => {
    const linked = FILES.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => join(dirname(file), target)),
    );
    for (const target of linked) assert.ok(existsSync(join(SKILL, target)), target);
    for (const file of FILES.slice(1)) assert.ok(linked.includes(file), file);
  });

  it('has no command that its own hook blocks', () => {
    const blocks = FILES.flatMap(blocksOf);
    assert.ok(blocks.length > FILES.length, String(blocks.length));
    for (const block of blocks) assert.equal(decide(block), null, block);
  });

  it('names commands that exist', () => {
    const verbs = FILES.flatMap((file) =>
      [...read(file).matchAll(/\bbabysit ([a-z_]+)/g)].map(([, verb]) => verb ?? ''),
    );
    const known = new Set(Object.keys(COMMANDS).map((name) => name.replaceAll('-', '_')));
    const prose = new Set(['is', 'answers', 'itself', 'holds', 'here', 'scheduler', 'keeps', 'did']);
    assert.deepEqual(
      [...new Set(verbs)].filter((verb) => !known.has(verb) && !prose.has(verb)),
      [],
    );
  });

  it('has advice for every kill reason', () => {
    for (const reason of KILL_REASON_NAMES)
      assert.match(read('references/estimates.md'), new RegExp(`^\\| \`${reason}\` \\|`, 'm'));
  });
});
