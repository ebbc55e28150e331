// What `npm pack` would publish: all that an installation needs, and nothing else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { manPages } from '../scripts/man.ts';
import { BABYSIT } from './support/cli.ts';
import { tempDir } from './support/temp-dir.ts';

const ROOT = dirname(BABYSIT);
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { engines, license, man, version } = JSON.parse(read('package.json'));

const NEEDED = [
  ...['babysit', 'package.json', 'scripts/node-releases', 'scripts/setup'],
  ...['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'],
  ...[
    '.built',
    'cli.cjs',
    'main.cjs',
    'hooks.cjs',
    'judge.cjs',
    'session-hooks.cjs',
    'mcp.mjs',
    'daemon.mjs',
    'relay.cjs',
    'dashboard.mjs',
    'top.mjs',
  ].map((name) => `dist/${name}`),
  ...globSync('{src,cli}/**/*.sh', { cwd: ROOT }).map((file) => `dist/${basename(file)}`),
  ...['index.html', 'icon.svg', 'page.css', 'page.js'].map((name) => `dist/web/${name}`),
  ...globSync('src/store/migrations/*.sql', { cwd: ROOT }).map((file) => `dist/migrations/${basename(file)}`),
  ...man,
  ...globSync(['docs/**/*.{md,json,yml}', 'hooks/*.{sh,js}', 'skill/**/*.{md,sh}'], { cwd: ROOT }),
];
/** What a directory of `files` may hold beside them. */
const ALLOWED = /^hooks\/README\.md$/;

describe('the package', () => {
  let packed: string[];
  const cache = tempDir({ after });
  before(() => {
    // Builds what is missing.
    execFileSync(BABYSIT, ['version'], { stdio: ['ignore', 'ignore', 'inherit'] });
    // --ignore-scripts: prepack would build once more.
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline', `--cache=${cache}`];
    const report = execFileSync('npm', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ files }] = JSON.parse(report) as [{ files: { path: string }[] }];
    packed = files.map(({ path }) => path);
  });

  it('holds all that an installation needs', () =>
    assert.deepEqual(
      NEEDED.filter((file) => !packed.includes(file)),
      [],
    ));

  it('holds nothing else', () =>
    assert.deepEqual(
      packed.filter((file) => !NEEDED.includes(file) && !ALLOWED.test(file)),
      [],
    ));
});

it('package.json names the manual page of every command, so that npm installs it', async () => {
  assert.deepEqual(man, [...(await manPages(version)).keys()].map((page) => `dist/man/${page}`).sort());
});

describe('the oldest Node', () => {
  const [, oldest = ''] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];

  it('is the same in package.json, package-lock.json, scripts/setup and README.md', () => {
    const setup = read('scripts/setup');
    const [major, minor] = ['MAJOR', 'MINOR'].map(
      (part) => new RegExp(`^NODE_MIN_${part}=(\\d+)$`, 'm').exec(setup)?.[1],
    );
    assert.equal(`${major}.${minor}`, oldest);
    assert.equal(JSON.parse(read('package-lock.json')).packages[''].engines.node, engines.node);
    assert.ok(read('README.md').includes(oldest));
    assert.match(read('scripts/test'), new RegExp(`^OTHER_NODES='${oldest}\\.0 `, 'm'));
  });
});

it('the license is the one that package.json names', () => {
  assert.equal(license, 'Apache-2.0');
  assert.match(read('LICENSE'), /Apache License\s+Version 2\.0, January 2004/);
});
