// babysit exec: a command behaves as it does without the word.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readStat } from '../../src/procfs/process/stat.ts';
import { DEADLINE_MS, SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid, spawnerPid } from '../support/processes.ts';
import { hasTmux, inTmux } from '../support/screens/tmux.ts';
import { hasStarted, show, submit, wholeHostFlags } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ROWS, type Row } from './exec-rows.ts';

const EXEC = [
  BABYSIT,
  'exec',
  '--quiet',
  '--estimated_mem_bytes=16M',
  '--estimated_cpu_cores=0.1',
  '--estimated_time=10m',
];
const execFileText = promisify(execFile);
const WORDS = '"$'.concat('{W[@]}"');
/** `timeout` needs a command, not a function: W holds the words. */
const FUNCTIONS = 'X() { exec "$" "$@"; }; Y() { "$" "$@"; };'.replaceAll('"$"', WORDS);

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: unknown;
}

function run(home: TestHome, { line, stdin = '' }: Row, words: readonly string[]): Promise<Ran> {
  const dir = mkdtempSync(join(home.work, 'row-'));
  writeFileSync(join(dir, 'in'), stdin, 'latin1');
  const files = [
    openSync(join(dir, 'in'), 'r'),
    openSync(join(dir, 'out'), 'w'),
    openSync(join(dir, 'err'), 'w'),
  ];
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const child = spawn('bash', ['-c', `W=(${quoted}); ${FUNCTIONS} ${line}`], {
    cwd: home.work,
    env: { ...home.env, BABYSIT_NODE: process.execPath },
    stdio: files,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  for (const fd of files) closeSync(fd);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        stdout: readFileSync(join(dir, 'out'), 'latin1'),
        stderr: readFileSync(join(dir, 'err'), 'latin1'),
        end: code ?? signal,
      }),
    );
  });
}

describe('babysit exec', () => {
  const home = testHome({ after });

  it('leaves output, errors and exit status of a command as they are', { concurrency: true }, async (t) => {
    // Also when it starts the daemon.
    assert.equal((await home.run(['exec', '--quiet', ...SMALL, 'true'])).stderr, '');
    await t.test('rows', { concurrency: 4 }, async (rows) => {
      for (const row of ROWS)
        void rows.test(row.line, async () => {
          const [bare, under] = await Promise.all([
            run(home, row, ['env']),
            run(home, row, EXEC.concat('--')),
          ]);
          assert.deepEqual(
            { ...under, stdout: short(under.stdout) },
            { ...bare, stdout: short(bare.stdout) },
          );
          assert.ok(under.stdout === bare.stdout);
        });
    });
  });

  it('continues where its killed client has stopped, without a byte lost or repeated', async () => {
    const line =
      'i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo $i; [ $((i % 7)) != 0 ] || echo -$i >&2; [ $i != 20 ] || until [ -e killed ]; do sleep 0.05; done; done; exit 4';
    const client = home.start(['exec', '--quiet', ...SMALL, '--name=build', line]);
    await waitUntil(() => client.stdout().includes('\n20\n'), { what: 'output' });
    // What it has written and not reported would be repeated.
    await waitUntil(() => readStat(client.pid)?.state === 'S', { what: 'the report' });
    process.kill(client.pid, 'SIGKILL');
    const first = await client.done;
    writeFileSync(join(home.work, 'killed'), '');
    assert.equal(first.signal, 'SIGKILL');
    const rest = await home.run(['attach', 'build', '--no_stdin']);
    const numbers = Array.from({ length: 150 }, (_, i) => i + 1);
    assert.equal(first.stdout + rest.stdout, numbers.map((n) => `${n}\n`).join(''));
    assert.equal(
      first.stderr + rest.stderr,
      numbers
        .filter((n) => n % 7 === 0)
        .map((n) => `-${n}\n`)
        .join(''),
    );
    assert.equal(rest.code, 4);
    assert.equal((await home.run(['wait', 'build', '--exit_code'])).code, 4);
    assert.equal((await home.run(['log', 'build', '--full'])).stdout.match(/^\d+$/gm)?.length, 150);
  });

  it('passes input to the next client, and signals', async () => {
    const client = home.start(
      ['exec', '--quiet', ...SMALL, '--name=talk', 'echo ready; read a; echo "<$a>"; cat; exit 6'],
      {
        stdin: '',
        keepStdin: true,
      },
    );
    await waitUntil(() => client.stdout() === 'ready\n', { what: 'the first client' });
    const second = await home.run(['attach', 'talk']);
    assert.equal(second.code, 1);
    assert.equal(jsonLine(second.stderr).error, 'not_attachable');
    process.kill(client.pid, 'SIGKILL');
    await client.done;
    const { code, stdout } = await home.run(['attach', 'talk'], { stdin: 'one\ntwo\nthree' });
    assert.deepEqual([code, stdout], [6, '<one>\ntwo\nthree']);

    const trap = home.start([
      'exec',
      '--quiet',
      ...SMALL,
      `trap 'echo usr1' USR1; trap 'echo int; exit 3' INT; echo ready; while :; do sleep 0.05; done`,
    ]);
    await waitUntil(() => trap.stdout() === 'ready\n', { what: 'the traps' });
    trap.kill('SIGUSR1');
    await waitUntil(() => trap.stdout() === 'ready\nusr1\n', { what: 'SIGUSR1' });
    trap.kill('SIGINT');
    const end = await trap.done;
    assert.deepEqual([end.code, end.stdout], [3, 'ready\nusr1\nint\n']);
    const killed = home.start(['exec', '--quiet', ...SMALL, 'echo ready; exec sleep 600']);
    await waitUntil(() => killed.stdout() === 'ready\n', { what: 'sleep' });
    killed.kill('SIGTERM');
    assert.equal((await killed.done).signal, 'SIGTERM');
  });

  it('ends the task with its client when they are tied', async () => {
    const client = home.start(['exec', '--tie', ...SMALL, '--name=tied', 'echo ready; exec sleep 600']);
    await waitUntil(() => client.stdout() === 'ready\n', { what: 'the task' });
    process.kill(client.pid, 'SIGKILL');
    await client.done;
    const { status } = jsonLine((await home.run(['wait', 'tied'])).stdout);
    assert.equal(status, 'killed');
  });

  it('has codes of its own, and keeps the end in a file', async () => {
    const receipt = join(home.work, 'receipt.json');
    const read = () => JSON.parse(readFileSync(receipt, 'utf8'));
    const missing = await home.run(['exec', ...SMALL, `--receipt=${receipt}`, '--', 'no-such-program']);
    assert.equal(missing.code, 127);
    assert.deepEqual([read().status, read().exit_code], ['failed', 127]);
    assert.equal((await home.run(['exec', ...SMALL, '--', '/'])).code, 126);
    for (const words of [[], ['--no_such_flag', '--', 'true'], ['--estimated_time=0', '--', 'true']])
      assert.equal((await home.run(['exec', ...words])).code, 125, words.join(' '));
    const nowhere = `--receipt=${join(home.work, 'missing', 'receipt.json')}`;
    const unwritable = await home.run(['exec', ...SMALL, nowhere, '--', 'touch', 'has-run']);
    assert.deepEqual([unwritable.code, jsonLine(unwritable.stderr).flag], [125, '--receipt']);
    assert.ok(!existsSync(join(home.work, 'has-run')));
    const full = await home.run(['exec', ...SMALL, '--receipt=/dev/full', 'exit 3']);
    assert.deepEqual(
      [full.code, full.stderr],
      [3, 'babysit: cannot write the receipt /dev/full: ENOSPC: no space left on device, write\n'],
    );
    // The limit ends the write in the middle, as a full disk does.
    const limited = await run(home, { line: `ulimit -f 1; X sh -c 'exit 4'` }, [
      ...EXEC,
      `--receipt=${receipt}`,
      '--',
    ]);
    assert.equal(limited.end, 4);
    assert.match(limited.stderr, /^babysit: cannot write the receipt .*: EFBIG: file too large, write\n$/);
    assert.equal(readFileSync(receipt, 'utf8'), '');
    const empty = await home.run(['exec', '']);
    assert.match(String(jsonLine(empty.stderr).hint), /^Run babysit exec --help/);
    const substituted = await run(home, { line: 'X cat <(echo)' }, EXEC.concat('--'));
    assert.equal(substituted.end, 125);
    assert.match(String(jsonLine(substituted.stderr).hint), /put the whole line in quotes/);
    const session = { CLAUDE_CODE_SESSION_ID: 'an agent' };
    assert.equal((await home.run(['exec', '--force', '--', 'true'], { env: session })).code, 125);
    const refused = await home.run([
      'exec',
      '--estimated_mem_bytes=900T',
      `--receipt=${receipt}`,
      '--',
      'true',
    ]);
    assert.equal(refused.code, 125);
    assert.equal(read().error, 'infeasible');
  });

  it('does not report success for output that it could not write or input that it could not read', async () => {
    const words = EXEC.concat('--');
    const lost = await run(home, { line: 'X echo lost >/dev/full' }, words);
    assert.deepEqual(
      [lost.end, lost.stderr],
      [125, 'babysit: cannot write standard output: ENOSPC: no space left on device, write\n'],
    );
    assert.equal((await run(home, { line: `X sh -c 'echo lost; exit 3' >/dev/full` }, words)).end, 3);
    assert.equal((await run(home, { line: `X sh -c 'echo lost >&2' 2>/dev/full` }, words)).end, 0);
    const unread = await run(home, { line: 'X cat 0>write-only' }, words);
    assert.equal(unread.end, 125);
    assert.match(unread.stderr, /^babysit: cannot read standard input: EBADF/);
    const directory = await run(home, { line: 'X cat 0<.' }, words);
    assert.equal(directory.end, 125);
    assert.match(directory.stderr, /^babysit: cannot read standard input: EISDIR/);
  });

  it('says why it waits, and cancels the task on a signal', async () => {
    await home.run(['run', ...(await wholeHostFlags(home)), '--name=holder', '--force', 'sleep 600']);
    const client = home.start(['exec', ...(await wholeHostFlags(home)), '--name=later', '--', 'true']);
    await waitUntil(() => client.stderr() !== '', { what: 'the reason' });
    assert.match(client.stderr(), /^babysit: later (starts in about|waits) .*holder.*\n/);
    client.kill('SIGINT');
    assert.equal((await client.done).signal, 'SIGINT');
    assert.equal(jsonLine((await home.run(['wait', 'later'])).stdout).status, 'killed');
    const late = home.start(['exec', ...(await wholeHostFlags(home)), '--name=late', 'echo out; exit 3']);
    await waitUntil(() => late.stderr() !== '', { what: 'the reason' });
    // It hears of the end from the daemon and gets the output at the same time.
    process.kill(late.pid, 'SIGSTOP');
    assert.equal((await home.run(['kill', 'holder', '--force'])).code, 0);
    assert.equal((await home.run(['wait', 'late', '--exit_code'])).code, 3);
    process.kill(late.pid, 'SIGCONT');
    const end = await late.done;
    assert.deepEqual([end.stdout, end.code], ['out\n', 3]);
  });

  it('sends to the standard input of a task', async () => {
    await submit(home, 'asks', 'read a; echo "<$a>"; cat; echo end', '--stdin');
    await waitUntil(() => hasStarted(home, 'asks'), { what: 'the task' });
    assert.equal((await home.run(['send', 'asks', 'an answer'])).code, 0);
    assert.equal((await home.run(['send', '--name=asks', '-', '--eof'], { stdin: 'b\0c' })).code, 0);
    assert.equal((await home.run(['wait', 'asks'])).code, 0);
    assert.equal((await home.run(['log', 'asks', '--full'])).stdout, '<an answer>\nb\0cend\n');
    const late = await home.run(['send', 'asks', 'x']);
    assert.equal(jsonLine(late.stderr).error, 'not_running');
  });

  it('gives a terminal, keys and signals as without it', async () => {
    for (const [line, steps] of ON_TERMINAL) {
      const shown = await Promise.all(
        [['env'], EXEC.concat('--')].map((words) => typed(home, `${words.join(' ')} ${line}`, steps)),
      );
      assert.deepEqual(shown[1], shown[0], line);
    }
  });

  it('passes its input to a command that opens it late', async () => {
    const bin = mkdtempSync(join(home.work, 'bin-'));
    // --jobserver asks for its version before the command starts.
    writeFileSync(join(bin, 'make'), '#!/bin/sh\nsleep 1\n', { mode: 0o755 });
    const env = { ...home.env, PATH: `${bin}:${home.env.PATH}`, BABYSIT_NODE: process.execPath };
    // `timeout` makes a process group, which is in the background of a terminal.
    const line = `printf hello | timeout 600 ${EXEC.join(' ')} --jobserver -- cat`;
    const callers = [
      ['bash', '-c', line],
      ['script', '-qec', line, '/dev/null'],
    ];
    const shown = await Promise.all(
      callers.map(([program = '', ...args]) => execFileText(program, args, { cwd: home.work, env })),
    );
    assert.deepEqual(
      shown.map(({ stdout }) => stdout),
      ['hello', 'hello'],
    );
  });

  it('stops and continues with its command, in the jobs of a shell', async (t) => {
    if (!hasTmux()) return t.skip('needs tmux');
    const env = { ...home.env, PATH: `${dirname(BABYSIT)}:${home.env.PATH}`, BABYSIT_NODE: process.execPath };
    const statusOf = async (name: string) => (await show(home, name)).status;
    const exec = `babysit ${EXEC.slice(1).join(' ')}`;
    await inTmux(home.work, env, async ({ keys, until, foreground }) => {
      for (const [name, line] of JOBS) {
        keys(`clear; ${exec} --name=${name} -- ${line}`, 'Enter');
        await until(/^ready$/m);
        keys('C-z');
        await until(/Stopped/);
        await waitUntil(async () => (await statusOf(name)) === 'paused', { what: `${name} to be paused` });
        keys('bg', 'Enter');
        await waitUntil(async () => (await statusOf(name)) === 'running', { what: `${name} to run` });
        keys('clear; fg', 'Enter');
        // The first row of the cleared screen: rows of before name the job as well.
        await until(/^babysit exec/);
        // The shell prints it before it gives the terminal to the job.
        await waitUntil(() => foreground() !== 'bash', { what: `${name} in the foreground` });
        keys('C-c');
        await waitUntil(async () => (await statusOf(name)) === 'failed', { what: `the end of ${name}` });
        // Until then its client reads the keys.
        await waitUntil(() => foreground() === 'bash', { what: 'the shell' });
      }
      keys(`clear; ${exec} --name=left -- sh -c 'echo ready; sleep 600'`, 'Enter');
      await until(/^ready$/m);
      keys('C-z');
      await waitUntil(async () => (await statusOf('left')) === 'paused', { what: 'left to be paused' });
      // The task keeps running without its client.
      keys('kill -9 %%', 'Enter');
      await waitUntil(async () => (await statusOf('left')) === 'running', { what: 'left to run' });
    });
    assert.equal((await home.run(['kill', '--force', 'left'])).code, 0);
  });

  it('continues with the attempt that runs, when the daemon was killed before the first one started', async () => {
    const spawner = spawnerPid(home) ?? assert.fail('no spawner');
    process.kill(spawner, 'SIGSTOP');
    const client = home.start(['exec', '--quiet', ...SMALL, '--name=again', 'echo out; sleep 0.1; exit 7']);
    const isRunning = async () => (await show(home, 'again').catch(() => null))?.status === 'running';
    await waitUntil(isRunning, { what: 'a first attempt' });
    process.kill(daemonPid(home), 'SIGKILL');
    process.kill(spawner, 'SIGKILL');
    assert.equal((await show(home, 'again')).name, 'again');
    const { code, stdout } = await client.done;
    assert.deepEqual([code, stdout], [7, 'out\n']);
    assert.ok(Number((await show(home, 'again')).attempt) > 1);
  });

  it('leaves nothing in the inbox that its client has shown', async () => {
    const env = { CLAUDE_CODE_SESSION_ID: 'session-exec' };
    assert.equal((await home.run(['exec', '--quiet', ...SMALL, 'exit 3'], { env })).code, 3);
    const inbox = async () => (await home.run(['inbox', '--peek'], { env })).stdout;
    await waitUntil(async () => (await inbox()) === '', { what: 'an empty inbox' });
  });
});

function short(text: string): string {
  return text.length < 500 ? text : `${text.length} bytes, ${text.slice(0, 100)}`;
}

/** With a terminal of its own, and without. */
const JOBS = [
  ['pty', `sh -c 'echo ready; sleep 600'`],
  ['plain', `sh -c 'echo ready; sleep 600' | cat`],
] as const;

type Steps = readonly (readonly [shown: string, keys: string])[];

const ON_TERMINAL: readonly (readonly [line: string, steps: Steps])[] = [
  [`sh -c 'test -t 0 && test -t 1 && test -t 2 && stty size && exit 4'`, []],
  [`sh -c 'echo "$SHLVL $PS1 $HISTFILE"; kill -9 $$'`, []],
  [`bash -c 'read -p "name? " n; echo "<$n>"'`, [['name? ', 'bob\n']]],
  [`sh -c 'trap "echo int; exit 3" INT; echo ready; while :; do sleep 0.05; done'`, [['ready\r\n', '\x03']]],
  [
    'python3 -qi',
    [
      ['>>> ', '6*7\n'],
      ['42\r\n>>> ', 'exit(5)\n'],
    ],
  ],
  [`sh -c 'test -t 0 || test -t 1 && cat' </dev/null`, []],
];

/** What a terminal has shown, and the exit code. Each step waits for a text and then presses keys. */
function typed(home: TestHome, line: string, steps: Steps): Promise<readonly [string, number | null]> {
  const child = spawn('script', ['-qec', `stty cols 90 rows 30; exec ${line}`, '/dev/null'], {
    cwd: home.work,
    env: { ...home.env, TERM: 'dumb', BABYSIT_NODE: process.execPath },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  let shown = '';
  let seen = 0;
  const left = [...steps];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const at = shown.indexOf(left[0]?.[0] ?? '\0', seen);
    if (at < 0) return;
    const [what = '', keys = ''] = left.shift() ?? [];
    seen = at + what.length;
    child.stdin.write(keys);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve([shown, code]));
  });
}
