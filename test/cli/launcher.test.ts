// The launcher and scripts/setup, with a fake npm: no network, no clock.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { AS_ROOT, NOBODY } from '../support/another-user.ts';
import { BABYSIT } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROOT = dirname(BABYSIT);
const VERSION = { version: '0.1.0', node: process.versions.node };

interface Installed {
  readonly dir: string;
  readonly launcher: string;
  /** The arguments of each call of npm. */
  npmCalls(): string[];
  run(
    program: string,
    env?: NodeJS.ProcessEnv,
    args?: readonly string[],
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

const SYSTEMS = ['Linux-x86_64', 'Linux-aarch64', 'Darwin-arm64', 'Darwin-x86_64'];
const SHA256 = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');

/** A package as npm unpacks it; PATH has a Node that is too old, and `npmScript` as npm. */
function install(t: TestContext, npmScript: string, sha256 = SHA256): Installed {
  const dir = tempDir(t);
  for (const path of ['babysit', 'scripts/setup', 'dist'])
    cpSync(join(ROOT, path), join(dir, 'pkg', path), { recursive: true });
  const releases = SYSTEMS.map((system) => `${system} node-here 24.1.2 sha512-aa== ${sha256}\n`);
  writeFileSync(join(dir, 'pkg/scripts/node-releases'), releases.join(''));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  script(join(bin, 'node'), 'echo v20.20.2');
  script(join(bin, 'npm'), `echo "$*" >>${dir}/npm-calls\n${npmScript}`);
  const base = { PATH: `${bin}:/usr/bin:/bin`, HOME: join(dir, 'home') };
  return {
    dir,
    launcher: join(dir, 'pkg', 'babysit'),
    npmCalls: () =>
      existsSync(join(dir, 'npm-calls'))
        ? readFileSync(join(dir, 'npm-calls'), 'utf8').trim().split('\n')
        : [],
    run: (program, env = {}, args = ['version']) => runProgram(program, { ...base, ...env }, args),
  };
}

/** Lays out the registry's package, with the Node that runs the test in the place of its own. */
const GOOD_NPM = `while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/node-here/bin"
ln ${process.execPath} "$2/node_modules/node-here/bin/node" 2>/dev/null ||
  cp ${process.execPath} "$2/node_modules/node-here/bin/node"
cat "$2/package-lock.json" >"\${0%/*}/../lock"
echo 'added 1 package'`;

function script(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

function runProgram(
  program: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('launcher', () => {
  it('fetches a Node once when the one in PATH is too old, reports it, and is silent afterwards', async (t) => {
    const pkg = install(t, GOOD_NPM);
    const first = await pkg.run(pkg.launcher);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(JSON.parse(first.stdout), VERSION);
    assert.match(first.stderr, /^babysit: fetching Node 24\.1\.2 from the npm registry .*v20\.20\.2.*\n$/);
    assert.match(pkg.npmCalls()[0] ?? '', /^ci --prefix .*--ignore-scripts/);
    const lock = JSON.parse(readFileSync(join(pkg.dir, 'lock'), 'utf8'));
    const wanted = { version: '24.1.2', integrity: 'sha512-aa==' };
    assert.deepEqual(lock.packages['node_modules/node-here'], wanted);
    const second = await pkg.run(pkg.launcher);
    assert.deepEqual([second.code, second.stderr], [0, '']);
    assert.equal(pkg.npmCalls().length, 1);
    assert.deepEqual(readdirSync(join(pkg.dir, 'home/.cache/babysit')).sort(), ['code', 'fetched', 'node']);
  });

  it('fetches once for many first calls at the same time', async (t) => {
    const pkg = install(t, `sleep 0.3\n${GOOD_NPM}`);
    const calls = await Promise.all(Array.from({ length: 4 }, () => pkg.run(pkg.launcher)));
    for (const { code, stdout, stderr } of calls) {
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), VERSION);
    }
    assert.equal(pkg.npmCalls().length, 1);
  });

  it('shows the error of npm and a hint when npm fails, and leaves nothing behind', async (t) => {
    const pkg = install(t, 'echo "npm error code ENOTFOUND" >&2\nexit 1');
    const { code, stdout, stderr } = await pkg.run(pkg.launcher);
    assert.equal(code, 69);
    assert.equal(stdout, '');
    assert.match(stderr, /ENOTFOUND[\s\S]*babysit: fetching Node failed\n {2}hint: Check the network/);
    assert.deepEqual(readdirSync(join(pkg.dir, 'home/.cache/babysit')), []);
  });

  it('refuses a fetched Node with another checksum, and leaves nothing behind', async (t) => {
    const pkg = install(t, GOOD_NPM, 'a'.repeat(64));
    const { code, stderr } = await pkg.run(pkg.launcher);
    assert.equal(code, 69);
    assert.match(stderr, /is not the one that scripts\/node-releases names\n {2}hint: /);
    assert.deepEqual(readdirSync(join(pkg.dir, 'home/.cache/babysit')), []);
  });

  it('fetches again when a set-up finds that the fetched Node was changed', async (t) => {
    const pkg = install(t, GOOD_NPM);
    await pkg.run(pkg.launcher);
    const fetched = join(pkg.dir, 'home/.cache/babysit/fetched/node_modules/node-here/bin/node');
    rmSync(fetched);
    script(fetched, `exec ${process.execPath} "$@"`);
    const { code, stdout, stderr } = await pkg.run(join(pkg.dir, 'pkg/scripts/setup'), {}, ['runtime']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /is not the Node that scripts\/node-releases names\n/);
    assert.equal(stdout.trim(), fetched);
    assert.equal(pkg.npmCalls().length, 2);
  });

  it('names the command for the owner of a checkout that another user cannot set up', AS_ROOT, async (t) => {
    const pkg = install(t, 'exit 1');
    chmodSync(pkg.dir, 0o711);
    mkdirSync(join(pkg.dir, 'pkg/cli'));
    mkdirSync(join(pkg.dir, 'new'));
    script(join(pkg.dir, 'new/node'), 'echo v24.1.2');
    mkdirSync(join(pkg.dir, 'home'));
    chownSync(join(pkg.dir, 'home'), NOBODY, NOBODY);
    const { code, stderr } = await pkg.run('setpriv', { PATH: `${join(pkg.dir, 'new')}:/usr/bin:/bin` }, [
      `--reuid=${NOBODY}`,
      '--clear-groups',
      pkg.launcher,
      'version',
    ]);
    assert.equal(code, 69);
    const root = join(pkg.dir, 'pkg');
    assert.match(
      stderr,
      new RegExp(`you may not write to ${root}\n {2}hint: .*: sh '${root}/scripts/setup' run\n$`),
    );
    assert.deepEqual(pkg.npmCalls(), []);
  });

  it('takes over the lock of a set-up that was killed', async (t) => {
    const pkg = install(t, GOOD_NPM);
    const lock = join(pkg.dir, 'home/.cache/babysit/setup.lock');
    mkdirSync(lock, { recursive: true });
    // Above the largest pid of Linux.
    writeFileSync(join(lock, 'pid'), '4194305\n');
    const { code, stderr } = await pkg.run(pkg.launcher);
    assert.equal(code, 0, stderr);
    assert.ok(!existsSync(lock));
  });

  it('uses the Node in PATH when it is new enough', async (t) => {
    const pkg = install(t, 'exit 1');
    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    const { code, stdout, stderr } = await pkg.run(pkg.launcher, env);
    assert.deepEqual([code, stderr, JSON.parse(stdout)], [0, '', VERSION]);
  });

  it('works through links, absolute and relative', async (t) => {
    const pkg = install(t, GOOD_NPM);
    symlinkSync('../pkg/babysit', join(pkg.dir, 'bin', 'one'));
    symlinkSync(join(pkg.dir, 'bin', 'one'), join(pkg.dir, 'two'));
    const { code, stdout, stderr } = await pkg.run(join(pkg.dir, 'two'));
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), VERSION);
  });

  it('obeys BABYSIT_NODE, and reports a path that is not a Node', async (t) => {
    const pkg = install(t, 'exit 1');
    assert.equal((await pkg.run(pkg.launcher, { BABYSIT_NODE: process.execPath })).code, 0);
    const { code, stderr } = await pkg.run(pkg.launcher, { BABYSIT_NODE: '/nonexistent/node' });
    assert.equal(code, 69);
    assert.match(stderr, /BABYSIT_NODE=\/nonexistent\/node is not Node >= 22\.14\n {2}hint: /);
    assert.equal((await pkg.run(pkg.launcher, { BABYSIT_NODE: '/nonexistent/node' }, ['exec'])).code, 125);
  });

  for (const [flag, kib, text] of [
    [
      'v',
      500_000,
      /limit of address space is 500000 KiB \(ulimit -Hv\), .* needs 1572864 KiB\n.* --as=unlimited\n$/,
    ],
    [
      'd',
      100_000,
      /limit of data size is 100000 KiB \(ulimit -Hd\), .* needs 786432 KiB\n.* --data=unlimited\n$/,
    ],
    ['s', 64, /limit of stack size is 64 KiB \(ulimit -Hs\), .* needs 1024 KiB\n.* --stack=unlimited\n$/],
    ['n', 16, /limit of open files is 16 \(ulimit -Hn\), .* needs 32\n.* prlimit --pid=\d+ --nofile=1024\n$/],
  ] as const)
    it(`reports a hard limit that Node cannot start with: ulimit -${flag} ${kib}`, async () => {
      const env = { ...process.env, BABYSIT_NODE: process.execPath };
      for (const [verb, expected] of [
        ['version', 69],
        ['exec', 125],
      ] as const) {
        const line = `ulimit -${flag} ${kib}; "$@"; exit`;
        const { code, stdout, stderr } = await runProgram('bash', env, ['-c', line, 'bash', BABYSIT, verb]);
        assert.deepEqual([code, stdout], [expected, '']);
        assert.match(stderr, text);
      }
    });

  it('starts Node with closed standard streams', async () => {
    const env = { ...process.env, BABYSIT_NODE: process.execPath };
    const { code } = await runProgram('bash', env, ['-c', '"$@" <&- >&- 2>&-', 'bash', BABYSIT, 'version']);
    assert.equal(code, 0);
  });

  it('starts Node with high limits where only the soft ones are low', async () => {
    const line = `ulimit -S -v 500000; ulimit -S -d 100000; ulimit -S -s 64; ulimit -S -n 16; exec "$@"`;
    const env = { ...process.env, BABYSIT_NODE: process.execPath };
    const { code, stdout, stderr } = await runProgram('bash', env, ['-c', line, 'bash', BABYSIT, 'version']);
    assert.deepEqual([code, stderr, JSON.parse(stdout)], [0, '', VERSION]);
  });
});
