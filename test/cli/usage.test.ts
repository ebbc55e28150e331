// Usage errors: reported without a daemon, with the flag, the value and a hint.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

const MISTAKES: [string, string[], RegExp, RegExp?][] = [
  [
    'help of an unknown command',
    ['help', 'xyzzy'],
    /unknown command "xyzzy"/,
    /^Run babysit --help for the commands/,
  ],
  ['an unknown command', ['rnu', 'true'], /unknown command "rnu"/, /babysit run\?/],
  ['the name of another tool for a command', ['rm', 'x'], /"rm"/, /babysit kill or babysit clean\?$/],
  ['help of it', ['help', 'tail'], /unknown command "tail"/, /babysit help log\?$/],
  ['a command in two words', ['daemon', 'status'], /unknown command "daemon"/, /babysit daemon-status\?$/],
  ['a flag before the command', ['--name=x', 'run'], /command comes before/],
  [
    'an unknown flag',
    ['run', '--estimated-tme=5m', 'true'],
    /unknown flag --estimated-tme/,
    /--estimated_time\?/,
  ],
  [
    'a flag of the program before --',
    ['run', 'make', '-j4'],
    /unknown flag -j4/,
    /^If -j4 belongs to make, write -- before make\.$/,
  ],
  ['an option of Node', ['run', '--env-file=/nonexistent', 'true'], /unknown flag --env-file/],
  ['a switch with no_', ['adjust', 'x', '--no-background'], /unknown flag --no/, /--background=false\?$/],
  [
    'a mistake without a hint of its own',
    ['wait', 'x', '--timeout=x'],
    /--timeout/,
    /^Run babysit wait --help /,
  ],
  ['--tail without --wait', ['run', '--tail=3', 'true'], /--tail needs --wait/, /babysit log NAME/],
  ['a missing value', ['run', '--name'], /--name needs a value/],
  ['no command', ['run'], /needs a command/, /--command/],
  ['two commands', ['run', '--command=a', 'b'], /--command and the word "b" exclude each other/],
  ['an empty command', ['run', '--command= '], /is empty/],
  ['no task to wait for', ['wait'], /needs the name/],
  ['--all with --any', ['wait', 'x', '--all', '--any'], /exclude each other/],
  ['an unknown status', ['list', '--status=runing'], /--status: "runing"/, /running\?/],
  ['an unknown format', ['list', '--format=xml'], /--format: "xml"/],
  ['a word list does not take', ['list', 'x'], /takes no word "x"/],
  ['--head with --full', ['log', 'x', '--head=3', '--full'], /exclude each other/],
  ['a broken regular expression', ['log', 'x', '--grep=('], /--grep/],
  ['a count of zero', ['log', 'x', '--tail=0'], /--tail: "0"/],
  ['an unknown signal', ['kill', 'x', '--signal=9x'], /--signal: "9x"/],
  ['--force with --signal', ['kill', 'x', '--signal=INT', '--force'], /exclude each other/],
  ['a priority in words', ['run', '--priority=high', 'true'], /--priority: "high" .*Examples/],
  ['more retries than the limit', ['run', '--retries=1001', 'true'], /--retries: "1001"/],
  ['a bad back-off', ['run', '--retries=1', '--retry_backoff=x', 'true'], /--retry_backoff: .*Examples/],
  ['both kinds of after', ['run', '--after=a', '--after_any=b', 'true'], /exclude each other/],
  ['pause without a task', ['pause'], /pause needs the name of a task/],
  ['retry without a task', ['retry'], /retry needs the name of a task/],
  ['an environment pair without a value', ['run', '--env', 'FOO', 'true'], /--env: "FOO"/],
  // The tests of src/units and src/core refuse many more texts.
  ...['', '5 parsecs'].map((text): [string, string[], RegExp] => [
    `the duration "${text}"`,
    ['run', `--estimated_time=${text}`, 'true'],
    /--estimated_time: ".*" .*Examples: 90s, 10m/,
  ]),
  ['a negative timeout', ['wait', 'x', '--timeout=-5'], /--timeout: .*Examples/],
  ['a size in words', ['run', '--estimated_mem_bytes=NaN', 'true'], /--estimated_mem_bytes: .*Examples/],
  ['too many cores', ['run', '--estimated_cpu_cores=5000', 'true'], /--estimated_cpu_cores: .*Examples/],
  ['too many percent', ['run', '--mem_pct_limit=101', 'true'], /--mem_pct_limit: .*Examples/],
  ...['-x', ''].map((name): [string, string[], RegExp] => [
    `the name "${name}"`,
    ['run', `--name=${name}`, 'true'],
    /--name: .* is not a valid name/,
  ]),
];

describe('usage errors', () => {
  const home = testHome({ after });

  for (const [what, args, message, hint = /./] of MISTAKES) {
    it(`refuses ${what}`, async () => {
      const { code, stdout, stderr } = await home.run(args);
      assert.equal(code, 64, stderr);
      assert.equal(stdout, '');
      const error = jsonLine(stderr);
      assert.equal(error.error, 'usage');
      assert.match(String(error.message), message);
      assert.match(String(error.hint), hint);
      assert.ok(!existsSync(join(home.dir, 'daemon.sock')), 'a mistake must not start a daemon');
    });
  }

  for (const [what, cwd, why] of [
    ['does not exist', '/nonexistent/dir', /does not exist/],
    ['is a file', '/etc/passwd', /not a directory/],
  ] as const) {
    it(`refuses a directory that ${what}`, async () => {
      const { code, stdout, stderr } = await home.run(['run', `--cwd=${cwd}`, 'true']);
      assert.equal(code, 64);
      assert.equal(stdout, '');
      const error = jsonLine(stderr);
      assert.equal(error.error, 'bad_cwd');
      assert.match(String(error.message), why);
    });
  }

  it('refuses a home whose socket path would be too long', async () => {
    const { code, stderr } = await home.run(['ping'], { env: { BABYSIT_HOME: `/tmp/${'x'.repeat(120)}` } });
    assert.equal(code, 64);
    assert.match(String(jsonLine(stderr).message), /would exceed 107 bytes$/);
  });
});
