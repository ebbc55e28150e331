// skill/scripts/install.sh: how an agent that has only the skill's folder gets the command.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { BABYSIT } from './support/cli.ts';
import { tempDir } from './support/temp-dir.ts';

const SKILL = join(dirname(BABYSIT), 'skill');

/** A home, a project in which the skill is installed, and a repository with a launcher that prints its own path. */
function setUp(t: TestContext) {
  const dir = tempDir(t);
  const home = join(dir, 'home');
  const project = join(dir, 'project');
  const skill = join(project, '.claude/skills/babysit');
  cpSync(SKILL, skill, { recursive: true });
  const repository = join(dir, 'repository');
  mkdirSync(repository, { recursive: true });
  writeFileSync(join(repository, 'babysit'), '#!/bin/sh\necho "runs: $*"\n', { mode: 0o755 });
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'one');
  const run = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
    spawnSync('sh', [join(skill, 'scripts/install.sh'), ...args], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', HOME: home, ...env },
    });
  return {
    dir,
    home,
    project,
    skill,
    url: `file://${repository}`,
    link: join(home, '.local/bin/babysit'),
    run,
  };
}

const lock = (entry: object) =>
  JSON.stringify({ version: 1, skills: { other: {}, babysit: entry } }, null, 2);

describe('install.sh of the skill', () => {
  it('clones the repository that a lock file of the project or of the user names', (t) => {
    for (const place of ['project', 'home'] as const) {
      const { project, home, url, link, run } = setUp(t);
      const file =
        place === 'project' ? join(project, 'skills-lock.json') : join(home, '.agents/.skill-lock.json');
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, lock({ source: url, sourceUrl: url, sourceType: 'git' }));
      const { status, stdout, stderr } = run();
      assert.deepEqual([status, stdout], [0, `${link}\n`], stderr);
      assert.match(stderr, /is not in PATH. Add it: PATH="\$HOME\/\.local\/bin:\$PATH"\n$/);
      assert.equal(execFileSync(link, ['ping'], { encoding: 'utf8' }), 'runs: ping\n');
      const again = run([], { PATH: `${dirname(link)}:/usr/bin:/bin` });
      assert.deepEqual([again.status, again.stdout, again.stderr], [0, `${link}\n`, '']);
    }
  });

  it('reads OWNER/NAME of a lock file as a repository on GitHub', (t) => {
    const { project, run, home } = setUp(t);
    writeFileSync(
      join(project, 'skills-lock.json'),
      lock({ source: 'no-such-owner/name', sourceType: 'github' }),
    );
    // A proxy that does not exist keeps git from the network.
    const { status, stderr } = run([], { https_proxy: 'http://127.0.0.1:1' });
    assert.equal(status, 69);
    assert.match(stderr, /cannot clone https:\/\/github\.com\/no-such-owner\/name\.git\n {2}hint: /);
    assert.deepEqual(readdirSync(join(home, '.local/share/babysit')), []);
  });

  it('takes the address as an argument, and says so when it is unknown', (t) => {
    const { url, link, run } = setUp(t);
    const unknown = run();
    assert.equal(unknown.status, 69);
    assert.match(
      unknown.stderr,
      /the source of babysit is unknown\n {2}hint: Give the address .*install\.sh SOURCE\n/,
    );
    assert.deepEqual([run([url]).status, existsSync(link)], [0, true]);
  });

  it('refuses a repository of another program', (t) => {
    const { dir, link, run } = setUp(t);
    const other = join(dir, 'other');
    execFileSync('git', ['init', '--quiet', other]);
    const { status, stderr } = run([`file://${other}`]);
    assert.equal(status, 69);
    assert.match(stderr, /is not a repository of babysit\n/);
    assert.ok(!existsSync(link));
  });

  it('links the checkout that the skill is in', (t) => {
    const { dir, home, link } = setUp(t);
    const checkout = join(dir, 'checkout');
    cpSync(SKILL, join(checkout, 'skill'), { recursive: true });
    writeFileSync(join(checkout, 'package.json'), '{}');
    writeFileSync(join(checkout, 'babysit'), '#!/bin/sh\necho here\n', { mode: 0o755 });
    const env = { PATH: '/usr/bin:/bin', HOME: home };
    spawnSync('sh', [join(checkout, 'skill/scripts/install.sh')], { env });
    assert.equal(execFileSync(link, { encoding: 'utf8' }), 'here\n');
  });
});
