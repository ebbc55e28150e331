// babysit events: all tasks, from a cursor on, and what a cursor misses.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { DEADLINE_MS, SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('events', () => {
  const home = testHome({ after });
  const runOne = (name: string, line: string, ...flags: string[]) =>
    home.run(['run', '--wait', ...SMALL, ...flags, `--name=${name}`, line]);
  const read = async (...flags: string[]) => {
    const { code, stdout, stderr } = await home.run(['events', ...flags]);
    assert.equal(code, 0, stderr);
    return { lines: jsonLines(stdout), next: Number(jsonLine(stderr).next_since) };
  };
  const shown = (lines: readonly Record<string, unknown>[]) => lines.map(({ event, name }) => [event, name]);

  it('prints those of all tasks in order, by filter, and continues at its cursor', async () => {
    await runOne('good', 'true', '--tag=x');
    await runOne('bad', 'exit 3', '--owner=ci');
    const all = await read();
    assert.deepEqual(shown(all.lines), [
      ['submitted', 'good'],
      ['started', 'good'],
      ['ended', 'good'],
      ['submitted', 'bad'],
      ['started', 'bad'],
      ['ended', 'bad'],
    ]);
    assert.equal(all.lines.at(-1)?.exit_code, 3);
    assert.equal(all.next, all.lines.at(-1)?.seq);
    const ends = await read('--event=ended', '--status=failed,killed');
    assert.deepEqual(shown(ends.lines), [['ended', 'bad']]);
    assert.deepEqual(shown((await read('--owner=ci', '--event=started,ended')).lines).length, 2);
    assert.deepEqual(shown((await read('--tag=x', '--event=ended')).lines), [['ended', 'good']]);
    assert.deepEqual((await read(`--since=${all.next}`)).lines, []);
    assert.equal((await home.run(['events', '--event=ende'])).code, 64);
  });

  it('end with an error when the output cannot be written', async () => {
    await runOne('one', 'true');
    const options = {
      env: { ...home.env, BABYSIT_NODE: process.execPath },
      cwd: home.work,
      timeout: DEADLINE_MS,
    };
    const words = ['-c', '"$0" events --since=0 --follow >/dev/full', BABYSIT];
    const { status, stderr } = spawnSync('bash', words, { ...options, encoding: 'utf8' });
    assert.equal(status, 1, stderr);
    assert.equal(jsonLine(stderr).error, 'output_failed');
  });

  it('follows new ones across a crash of the daemon, each once', async () => {
    const following = home.start(['events', '--follow', '--event=ended']);
    const { next } = await read();
    await runOne('first', 'true');
    await waitUntil(() => following.stdout() !== '', { what: 'the first end' });
    process.kill(daemonPid(home), 'SIGKILL');
    await runOne('second', 'true');
    await waitUntil(() => following.stdout().split('\n').length === 3, { what: 'the second end' });
    following.kill('SIGTERM');
    assert.deepEqual(shown(jsonLines(following.stdout())), [
      ['ended', 'first'],
      ['ended', 'second'],
    ]);
    assert.deepEqual(shown((await read(`--since=${next}`, '--event=ended')).lines).length, 2);
  });

  it('shows each end as it was, also after a retry', async () => {
    const ok = `${home.work}/ok`;
    await runOne('flaky', `if test -e ${ok}; then exit 0; else exit 3; fi`, '--tag=retried');
    const ends = async () =>
      (await read('--event=ended', '--tag=retried')).lines.map(({ status, attempt, exit_code }) => [
        status,
        attempt,
        exit_code,
      ]);
    assert.deepEqual(await ends(), [['failed', 1, 3]]);
    writeFileSync(ok, '');
    assert.equal((await home.run(['retry', 'flaky'])).code, 0);
    assert.equal((await home.run(['wait', 'flaky'])).code, 0);
    assert.deepEqual(await ends(), [
      ['failed', 1, 3],
      ['completed', 2, 0],
    ]);
  });

  it('names a gap when events after the cursor were removed, or the cursor is of another time', async () => {
    const { next } = await read();
    await runOne('gone', 'true');
    await home.run(['clean', '--all']);
    await runOne('kept', 'true');
    const [gap, ...rest] = (await read(`--since=${next}`)).lines;
    assert.deepEqual([gap?.event, gap?.reason, gap?.since], ['gap', 'removed', next]);
    assert.ok(Number(gap?.through) > next);
    assert.deepEqual(shown(rest).at(-1), ['ended', 'kept']);
    assert.deepEqual(shown((await read(`--since=${gap?.through}`)).lines)[0], ['submitted', 'kept']);
    const ahead = (await read('--since=1000000')).lines;
    assert.deepEqual([ahead.length, ahead[0]?.reason], [1, 'ahead']);
  });
});
