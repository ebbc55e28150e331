// babysit run --after and --after_any.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { sharedDaemon } from '../support/home.ts';
import { show, submit, until } from '../support/tasks.ts';

const projectOf = sharedDaemon({ after });

describe('run --after', () => {
  it('starts only when all have completed, and names those it waits for', async (t) => {
    const home = projectOf(t);
    const [goA, goB, ran] = ['a', 'b', 'ran'].map((name) => join(home.work, name)) as [
      string,
      string,
      string,
    ];
    await submit(home, 'a', until(goA));
    await submit(home, 'b', until(goB));
    await submit(home, 'c', `touch ${ran}`, '--after=a,b');
    const { status, waiting, after } = await show(home, 'c');
    const { dim, blocked_by, expected_start } = waiting as Record<string, unknown>;
    assert.deepEqual([status, dim, blocked_by, after], ['pending', 'after', ['a', 'b'], ['a', 'b']]);
    assert.ok(Date.parse(String(expected_start)) > Date.now());
    writeFileSync(goA, '');
    assert.equal((await home.run(['wait', 'a'])).code, 0);
    const half = (await show(home, 'c')) as { status: string; waiting: { blocked_by: string[] } };
    assert.deepEqual([half.status, half.waiting.blocked_by, existsSync(ran)], ['pending', ['b'], false]);
    writeFileSync(goB, '');
    assert.equal((await home.run(['wait', 'c'])).code, 0);
    assert.ok(existsSync(ran));
  });

  it('fails a whole chain with the first cause, and runs none of it', async (t) => {
    const home = projectOf(t);
    const [go, ran] = [`${home.work}/go`, `${home.work}/ran`];
    await submit(home, 'compile', `${until(go)}; exit 3`);
    await submit(home, 'test', `touch ${ran}`, '--after=compile');
    await submit(home, 'package', `touch ${ran}`, '--after', 'test');
    await submit(home, 'cleanup', 'echo done', '--after_any=package,compile');
    writeFileSync(go, '');
    const { code, stdout } = await home.run(['wait', 'test', 'package']);
    assert.equal(code, 1);
    for (const task of jsonLines(stdout)) {
      assert.deepEqual([task.status, task.reason], ['failed', 'dependency_failed']);
      assert.equal(task.message, 'its dependency "compile" ended failed');
    }
    assert.equal((await home.run(['wait', 'cleanup'])).code, 0);
    assert.ok(!existsSync(ran));
  });

  it('refuses unknown tasks, cycles and flags that exclude each other', async (t) => {
    const home = projectOf(t);
    const MISTAKES: [string[], number, string, RegExp][] = [
      [['--after=nobody'], 1, 'not_found', /nobody/],
      [['--name=x', '--after=x'], 64, 'dependency_cycle', /itself/],
      [['--after=a', '--after_any=b'], 64, 'usage', /exclude/],
      [['--after=a', '--force'], 64, 'usage', /exclude/],
      [['--after='], 64, 'usage', /empty/],
    ];
    for (const [flags, exit, code, pattern] of MISTAKES) {
      const { code: found, stderr } = await home.run(['run', ...flags, 'true']);
      const { error, message } = jsonLine(stderr);
      assert.deepEqual([found, error], [exit, code], stderr);
      assert.match(String(message), pattern);
    }
  });
});
