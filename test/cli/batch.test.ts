// babysit run --batch.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { show } from '../support/tasks.ts';

const lines = (...requests: (object | string)[]) =>
  requests.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join('');

describe('run --batch', () => {
  const home = testHome({ after });

  it('reads one task a line from a file, with the flags as defaults, and answers in order', async () => {
    const file = `${home.work}/batch.jsonl`;
    writeFileSync(
      file,
      lines(
        { name: 'a', command: 'echo $WHO', env: { WHO: 'me' } },
        { name: 'b', argv: ['printf', '%s', '$WHO'], estimated_mem_bytes: '60M' },
        { name: 'c', command: 'exit 4', after: 'a' },
      ).trimEnd(),
    );
    const { code, stdout, stderr } = await home.run(['run', ...SMALL, '--full', '--batch', file], {
      env: { WHO: 'you' },
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      jsonLines(stdout).map(({ line, name, status }) => [line, name, status]),
      [
        [1, 'a', 'pending'],
        [2, 'b', 'pending'],
        [3, 'c', 'pending'],
      ],
    );
    const ended = await home.run(['wait', 'a', 'b', 'c']);
    assert.equal(ended.code, 1);
    assert.equal((await home.run(['log', 'a'])).stdout, 'me\n');
    assert.equal((await home.run(['log', 'b'])).stdout, '$WHO');
    const { exit_code, estimated_mem_bytes } = await show(home, 'c');
    assert.deepEqual([exit_code, estimated_mem_bytes], [4, 32 * 1024 ** 2]);
    assert.equal((await show(home, 'b')).estimated_mem_bytes, 60 * 1024 ** 2);
  });

  it('reads standard input, refuses bad lines by their number, accepts the others, and exits 1', async () => {
    const stdin = lines(
      { name: 'a', command: 'true' },
      '',
      'make test',
      [1],
      { name: 'a', command: 'true', nope: 1 },
      { name: '../x', command: 'true' },
      { command: 'true', estimated_mem_bytes: '900T' },
      { name: 'b', command: 'true' },
    );
    const { code, stdout, stderr } = await home.run(['run', ...SMALL, '--batch=-', '--full'], { stdin });
    assert.deepEqual([code, stderr], [1, '']);
    assert.deepEqual(
      jsonLines(stdout).map(({ line, name, error }) => [line, error ?? name]),
      [
        [1, 'a'],
        [3, 'usage'],
        [4, 'usage'],
        [5, 'usage'],
        [6, 'usage'],
        [7, 'infeasible'],
        [8, 'b'],
      ],
    );
    for (const { error, message, hint } of jsonLines(stdout)) if (error) assert.ok(message && hint);
    assert.equal((await home.run(['wait', 'a', 'b'])).code, 0);
  });

  it('with keys makes each task once, although it is sent twice', async () => {
    const ran = `${home.work}/ran`;
    const stdin = lines(
      { name: 'a', key: 'k1', command: `echo x >>${ran}` },
      { name: 'b', key: 'k2', command: `echo x >>${ran}` },
    );
    const ids = async () =>
      jsonLines((await home.run(['run', ...SMALL, '--full', '--batch=-'], { stdin })).stdout).map(
        ({ id }) => id,
      );
    const first = await ids();
    assert.deepEqual([await ids(), new Set(first).size], [first, 2]);
    await home.run(['wait', ...first.map(String)]);
    assert.equal(readFileSync(ran, 'utf8'), 'x\nx\n');
  });

  it('accepts thousands of lines', async (t) => {
    const home = testHome(t, { admission: { max_running: 1 } });
    const count = 3_000;
    const stdin = lines(
      ...Array.from({ length: count }, (_, n) => ({ name: `task-${n}`, command: 'sleep 600' })),
    );
    const { code, stdout } = await home.run(['run', ...SMALL, '--queue', '--batch=-'], { stdin });
    assert.equal(code, 0);
    const receipt = jsonLine(stdout);
    assert.deepEqual([receipt.count, receipt.first, receipt.last], [count, 'task-0', `task-${count - 1}`]);
    // The input came in several parts: all joined one batch.
    const list = jsonLines((await home.run(['list', `--tag=${receipt.batch}`])).stdout);
    assert.deepEqual(list.map(({ name, count }) => name ?? count).at(-1), count - 1);
  });

  it('refuses an absent file, and flags of a single task', async () => {
    const MISTAKES: [string[], RegExp][] = [
      [['--batch=/nonexistent/x'], /--batch: .*no such file/],
      [['--batch=-', 'true'], /--batch and a command exclude each other/],
      [['--batch=-', '--name=x'], /--batch and --name exclude each other/],
      [['--batch=-', '--wait'], /exclude each other/],
    ];
    for (const [flags, pattern] of MISTAKES) {
      const { code, stdout, stderr } = await home.run(['run', ...flags], { stdin: '' });
      assert.deepEqual([code, stdout], [64, '']);
      assert.match(String(jsonLine(stderr).message), pattern);
    }
    const nothing = await home.run(['run', '--batch=-'], { stdin: '\n\n' });
    assert.deepEqual([nothing.code, nothing.stdout, nothing.stderr], [0, '', '']);
  });
});
