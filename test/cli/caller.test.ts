// A task sees what its caller has, byte for byte, and the documented additions.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

/** Variables that babysit adds or replaces, and `_`, which bash sets to the program. */
const ADDED =
  /^(PYTHONUNBUFFERED|\w+_(NUM|MAXIMUM|MAX)_(THREADS|WORKERS)|GOMAXPROCS|CARGO_BUILD_JOBS|CMAKE_BUILD_PARALLEL_LEVEL|UV_CONCURRENT_BUILDS|DOTNET_PROCESSOR_COUNT|BABYSIT_(?!HOME)\w+|PWD|_)=/;
/** Names that a shell drops, resets or obeys. */
const ODD_NAMES =
  'root node self link file my-var a.b %% __proto__ constructor IFS PPID SHLVL OLDPWD BASH_ENV ENV PS1 SHELLOPTS NODE_OPTIONS babysit_root';

let seed = 20_261_128;
function random(below: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((seed / 2 ** 31) * below);
}

/** Without NUL, as every string of execve(2). Half of the bytes are those that are special somewhere. */
function randomBytes(most: number, without = ''): Buffer {
  const special = Buffer.from('\'"\\$`\n\r\t \x01\x7f*?~#!-=\xe9\xff\xc3\xa9\xed\xa0\x80', 'latin1');
  const bytes = Array.from({ length: random(most) }, () =>
    random(2) === 0 ? (special[random(special.length)] ?? 1) : 1 + random(255),
  );
  return Buffer.from(bytes.filter((byte) => !Buffer.from(without).includes(byte)));
}

/** Latin-1 in tests of bytes: one character is one byte. */
const latin1 = (bytes: Buffer) => bytes.toString('latin1');
const quote = (bytes: string) => `'${bytes.replaceAll("'", "'\\''")}'`;
const strings = (text: string) => text.split('\0').slice(0, -1);

describe('a task', () => {
  const home = testHome({ after });
  // dash does not start with an OPTIND that is not a number, nor Node with an LC_ALL of random bytes.
  const base = [
    'OPTIND=5',
    'LC_ALL=xx_YY.nowhere',
    // babysit is found there, so nothing is added.
    `PATH=${process.env.PATH}:${dirname(BABYSIT)}`,
    `HOME=${home.work}`,
    `BABYSIT_HOME=${home.dir}`,
  ];
  const launcher = [`BABYSIT_NODE=${process.execPath}`, 'BABYSIT_ADMISSION_COUNT_OUTSIDE_CPU=false'];

  /** Runs a shell script of bytes to its end and returns the output of its task `name`. */
  function outputOf(script: string): string {
    // In a file: bash -c would decode the words of its own command line.
    const out = execFileSync('bash', ['-s'], { input: Buffer.from(script, 'latin1'), cwd: home.work });
    const { log_path } = jsonLine(out.toString());
    return latin1(readFileSync(String(log_path)));
  }

  function run(flags: readonly string[], command: readonly string[]): string {
    const words = [BABYSIT, 'run', ...SMALL, '--wait', '--full', '--json', ...flags, ...command];
    return `${words.map(quote).join(' ')}`;
  }

  for (const flags of [[], ['--pty']])
    it(`gets random variables, words and directories as they are ${flags.join()}`, () => {
      for (let round = 0; round < (flags.length === 0 ? 2 : 1); round++) {
        const dir = join(home.work, `dir-${round}${flags.join()}${latin1(randomBytes(20, '/'))}`);
        const names = [
          ...ODD_NAMES.split(' '),
          ...Array.from({ length: 20 }, () => `x${latin1(randomBytes(8, '='))}`),
        ];
        const variables = names.map((name) => `${name}=${latin1(randomBytes(40))}`);
        const own = [...new Map(variables.map((one) => [one.slice(0, one.indexOf('=')), one])).values()];
        const words = Array.from({ length: 8 }, () => latin1(randomBytes(30)));
        const dump = 'cat /proc/$$/environ; echo; readlink /proc/$$/cwd; cat /proc/$$/cmdline';
        const task = run(flags, ['--', '/bin/sh', '-c', dump, ...words]);
        const output = outputOf(`mkdir -p ${quote(dir)}; cd ${quote(dir)}
          env -i ${[...base, ...launcher, ...own].map(quote).join(' ')} ${task}`);
        const text = flags.length === 0 ? output : output.replaceAll('\r\n', '\n');
        const [environ = '', ...rest] = text.split('\0\n');
        const got = strings(`${environ}\0`).filter((entry) => !ADDED.test(entry));
        const expected = [...base, ...own];
        // The terminal changes line ends.
        const plain = (all: string[]) =>
          flags.length === 0 ? all : all.map((one) => one.replaceAll('\r', ''));
        const show = (all: string[]) =>
          plain(all)
            .toSorted()
            .map((one) => JSON.stringify(one));
        assert.deepEqual(show(got), show(expected));
        const after = rest.join('\0\n');
        assert.ok(after.startsWith(`${dir}\n`), 'the directory');
        assert.deepEqual(plain(strings(after.slice(dir.length + 1)).slice(3)), plain(words));
      }
    });

  const exports = ['LC_ALL=C', ...launcher, ...base.slice(2)].map((one) => `export ${quote(one)}`).join('; ');
  const TABLE: [what: string, before: string, command: readonly string[], output: string | RegExp][] = [
    [
      'a line that begins with dashes',
      '',
      ["--command=--version 2>/dev/null || echo 'not an option'"],
      'not an option\n',
    ],
    [
      'a program with = in its name',
      "printf 'echo $0' >'a=b'; chmod +x 'a=b'; f() { :; }; export -f f",
      ['--', './a=b'],
      './a=b\n',
    ],
    ['exported functions', 'f() { echo "in f: $1"; }; export -f f', ['--command=f x'], 'in f: x\n'],
    ['the links of PWD', 'mkdir -p d; ln -sfn d l; cd l', ['--command=echo $PWD; pwd -P'], /\/l\n.*\/d\n$/],
    ['a PWD of another directory', 'PWD=/usr', ['--command=echo $PWD'], /\/work\n$/],
    [
      'limits',
      'ulimit -S -n 333; ulimit -S -s 4096; ulimit -S -t 99; ulimit -S -f 12345',
      ['--command=ulimit -Sn; ulimit -Ss; ulimit -St; ulimit -Sf'],
      '333\n4096\n99\n12345\n',
    ],
    [
      'limits that are too low for babysit',
      'ulimit -S -v 500000; ulimit -S -d 100000; ulimit -S -s 256; ulimit -S -n 20',
      ['--command=ulimit -Sv; ulimit -Sd; ulimit -Ss; ulimit -Sn'],
      '500000\n100000\n256\n20\n',
    ],
    [
      'CPUs',
      'c=$(sed -n "s/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p" /proc/self/status); taskset -cp $c $$ >/dev/null',
      ['--command=unset OMP_NUM_THREADS; nproc'],
      '1\n',
    ],
    [
      'no CPUs of an earlier caller',
      '',
      ['--command=unset OMP_NUM_THREADS; nproc'],
      `${availableParallelism()}\n`,
    ],
    [
      'a terminal of 80x24 without one',
      'export SHELL=/bin/false',
      ['--pty', '--command=stty size; echo $SHELL'],
      '24 80\r\n/bin/false\r\n',
    ],
  ];
  for (const [what, before, command, output] of TABLE)
    it(`has ${what}`, () => {
      const got = outputOf(`${exports}\n${before}\n${run([], command)}`);
      if (typeof output === 'string') assert.equal(got, output);
      else assert.match(got, output);
    });

  it('of a batch gets the bytes of its line', async () => {
    const batch = `printf '{"name":"b","command":"printf f\xe9","env":{"__proto__":"\xe9"}}\n' | `;
    const line = `${exports}\n${batch} ${[BABYSIT, 'run', ...SMALL, '--batch=-'].map(quote).join(' ')}`;
    execFileSync('bash', ['-s'], { input: Buffer.from(line, 'latin1'), cwd: home.work });
    const task = jsonLine((await home.run(['wait', 'b'])).stdout);
    const { log_path, command } = jsonLine((await home.run(['status', 'b', '--full', '--json'])).stdout);
    assert.equal(latin1(readFileSync(String(log_path))), 'f\xe9');
    assert.deepEqual([task.status, command], ['completed', 'printf f\\xe9']);
  });
});
