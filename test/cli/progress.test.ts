// `babysit progress`, as the command of a task calls it without a daemon; and the answers that show progress.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines, runCli } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { until } from '../support/tasks.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

function inTask(t: TestContext) {
  const dir = tempDir(t);
  const file = join(dir, '1.progress');
  const env = { BABYSIT_PROGRESS_FILE: file, BABYSIT_HOME: join(dir, 'no-home'), BABYSIT_NO_AUTOSTART: '1' };
  return { file, progress: (...words: string[]) => runCli(['progress', ...words], { env }) };
}

describe('babysit progress', () => {
  it('appends the given fields, and no others', async (t) => {
    const { file, progress } = inTask(t);
    const calls = [
      ['--done=3', '--total=42', '--phase=x', '--failed=1'],
      ['--done', '4', '--eta=1h30m', '--note', 'loss=1.2e-4'],
      ['--phase=', '--eta=0'],
    ];
    for (const words of calls) {
      const { code, stdout } = await progress(...words);
      assert.deepEqual([code, stdout], [0, '']);
    }
    assert.deepEqual(jsonLines(readFileSync(file, 'utf8')), [
      { done: 3, total: 42, failed: 1, phase: 'x' },
      { done: 4, eta_s: 5400, note: 'loss=1.2e-4' },
      { phase: null, eta_s: 0 },
    ]);
  });

  it('keeps the lines of many callers apart', async (t) => {
    const { file, progress } = inTask(t);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => progress(`--done=${n}`, `--phase=${'ü'.repeat(n)}`)),
    );
    const lines = jsonLines(readFileSync(file, 'utf8'));
    assert.deepEqual(
      lines.map(({ done }) => done as number).sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, n) => n),
    );
  });

  it('reports what is wrong', async (t) => {
    const { progress } = inTask(t);
    const message = async (...words: string[]) => {
      const { code, stderr } = await progress(...words);
      assert.equal(code, 64);
      return jsonLine(stderr.slice(stderr.indexOf('{'))).message;
    };
    assert.equal(await message(), 'progress needs a flag');
    assert.match(String(await message('--done=-1')), /^--done: "-1" is not a whole number/);
    assert.match(String(await message('--eta=soon')), /^--eta: "soon" is not a duration/);
    assert.equal(await message('3/42'), 'progress takes no word "3/42"');
    assert.equal(
      await message(`--phase=${'x'.repeat(5000)}`),
      '--phase and --note are longer than 4096 bytes',
    );
  });

  it('waits for no file that is a FIFO', async (t) => {
    const fifo = join(tempDir(t), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const { code, stderr } = await runCli(['progress', '--done=3'], { env: { BABYSIT_PROGRESS_FILE: fifo } });
    assert.equal(code, 64);
    assert.match(String(jsonLine(stderr).message), /^cannot write the progress: ENXIO/);
  });

  it('is refused outside a task', async () => {
    const { code, stderr } = await runCli(['progress', '--done=3'], { env: { BABYSIT_PROGRESS_FILE: '' } });
    assert.equal(code, 64);
    assert.equal(
      jsonLine(stderr.slice(stderr.indexOf('{'))).message,
      'BABYSIT_PROGRESS_FILE is not set: progress runs inside a task',
    );
  });
});

describe('progress of a task', () => {
  it('from the output, then from the progress file, is shown by status, list and wait --progress', async (t) => {
    const home = testHome(t, { 'watchdog.monitor_interval': '100ms' });
    const report = `echo '{"done":3,"total":10,"phase":"upload","failed":1}' >>"$BABYSIT_PROGRESS_FILE"`;
    const command = `echo '[21/42] x'; ${until('go')}; ${report}; ${until('end')}`;
    await home.run(['run', '--name=batch', ...SMALL, `--command=${command}`]);
    const progress = async () => {
      const { stdout } = await home.run(['status', 'batch', '--json']);
      return (jsonLine(stdout).progress ?? {}) as Record<string, unknown>;
    };
    await waitUntil(async () => (await progress()).done === 21, { what: 'the printed progress' });
    assert.deepEqual(
      [(await progress()).total, (await progress()).pct, (await progress()).source],
      [42, 50, 'output'],
    );
    writeFileSync(join(home.work, 'go'), '');
    await waitUntil(async () => (await progress()).source === 'reported', { what: 'the reported progress' });
    const { done, total, phase, failed } = await progress();
    assert.deepEqual([done, total, phase, failed], [3, 10, 'upload', 1]);

    const rows = jsonLines((await home.run(['list', '--json'])).stdout);
    assert.deepEqual(
      rows.map((row) => (row.progress as Record<string, unknown>).done),
      [3],
    );
    const table = await home.run(['list', '--format=table']);
    assert.match(table.stdout, /upload 3\/10 30%.*, 1 failed/);

    const follower = home.start(['wait', 'batch', '--progress', '--json']);
    await waitUntil(() => follower.stderr().includes('"progress"'), { what: 'the event' });
    const plain = home.start(['wait', 'batch', '--json']);
    await waitUntil(() => plain.stderr().includes('"started"'), { what: 'the other wait' });
    writeFileSync(join(home.work, 'end'), '');
    const printed = jsonLines((await follower.done).stderr).filter(({ event }) => event === 'progress');
    assert.deepEqual([printed[0]?.name, printed[0]?.done, printed[0]?.phase], ['batch', 3, 'upload']);
    assert.ok(!(await plain.done).stderr.includes('"progress"'));
    const beats = await home.run(['heartbeat', 'batch', '--header']);
    assert.match(beats.stdout, /^timestamp,job_name,phase,/);
  });
});
