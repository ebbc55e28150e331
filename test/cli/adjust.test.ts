// babysit adjust.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { sharedDaemon } from '../support/home.ts';
import { show, submit, wholeHostFlags } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const projectOf = sharedDaemon({ after });

const MIB = 1024 ** 2;

describe('adjust', () => {
  it('changes the given numbers of running tasks and their caps, and reports it to waiting clients', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', 'sleep 600');
    await submit(home, 'b', 'sleep 600');
    const waiting = home.start(['wait', 'a']);
    await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
    const { code, stdout } = await home.run([
      'adjust',
      'a',
      '--estimated-mem-bytes',
      '100M',
      '--kill_timeout=2h',
      '--name=b',
    ]);
    assert.equal(code, 0);
    assert.deepEqual(
      jsonLines(stdout).map(({ name }) => name),
      ['b', 'a'],
    );
    const { estimated_mem_bytes, kill_timeout_ms, mem_max_bytes, estimated_time_ms } = await show(home, 'a');
    assert.deepEqual(
      [estimated_mem_bytes, kill_timeout_ms, mem_max_bytes, estimated_time_ms],
      [100 * MIB, 7_200_000, 300 * MIB, 600_000],
    );
    await waitUntil(() => waiting.stderr().includes('"adjusted"'), { what: 'the adjusted event' });
    await home.run(['kill', 'a']);
    await waiting.done;
  });

  it('ends a task that has run for longer than its new kill timeout', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', 'sleep 600');
    await home.run(['adjust', 'a', '--kill_timeout=1s']);
    const { status, kill_reason } = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.deepEqual([status, kill_reason], ['killed', 'elapsed_exceeded']);
  });

  it('moves a pending task by its priority, and starts it when its new estimate fits', async (t) => {
    const home = projectOf(t);
    const whole = await wholeHostFlags(home);
    for (const name of ['first', 'second', 'third'])
      await home.run(['run', '--queue', ...whole, `--name=${name}`, 'sleep 600']);
    await home.run(['adjust', 'third', '--priority=5']);
    const { queue } = jsonLine((await home.run(['status', '--full'])).stdout);
    assert.deepEqual(
      (queue as { name: string }[]).map(({ name }) => name),
      ['third', 'second'],
    );
    const less = await home.run(['adjust', 'first', '--estimated_cpu_cores=0.1']);
    assert.equal(less.code, 0, less.stderr);
    await home.run(['adjust', 'third', '--estimated_cpu_cores=0.1']);
    assert.equal((await show(home, 'third')).status, 'running');
  });

  it('exits 2 when the host has no room for more, and leaves the task unchanged', async (t) => {
    const home = projectOf(t);
    const whole = await wholeHostFlags(home);
    await submit(home, 'small', 'sleep 600');
    const full = await home.run(['run', '--queue', ...whole, '--name=full', 'sleep 600']);
    assert.equal(full.code, 0, full.stderr);
    const cores = whole.at(-1) as string;
    const { code, stdout, stderr } = await home.run(['adjust', 'small', cores]);
    assert.equal(code, 0, stderr);
    assert.equal(jsonLine(stdout).name, 'small');
    await home.run(['kill', 'full']);
    await submit(home, 'other', 'sleep 600', '--force');
    const denied = await home.run(['adjust', 'other', '--estimated_cpu_cores=1']);
    assert.equal(denied.code, 2, denied.stderr);
    const { error, dim } = jsonLine(denied.stderr);
    assert.deepEqual([error, dim], ['capacity_exceeded', 'cpu']);
    assert.equal((await show(home, 'other')).estimated_cpu_cores, 0.1);
    assert.equal((await home.run(['adjust', 'other', '--estimated_cpu_cores=1', '--force'])).code, 0);
  });

  it('refuses usage errors without a daemon, and adjusts the others when one name is unknown', async (t) => {
    const home = projectOf(t);
    const MISTAKES: [string[], RegExp][] = [
      [['adjust', 'a'], /needs at least one field to change/],
      [['adjust', '--priority=1'], /needs the name of a task/],
      [['adjust', 'a', '--priority=high'], /--priority: "high"/],
      [['adjust', 'a', '--estimated_mem_bytes=0'], /--estimated_mem_bytes: .*Examples/],
    ];
    for (const [args, pattern] of MISTAKES) {
      const { code, stderr } = await home.run(args, { env: { BABYSIT_NO_AUTOSTART: '1' } });
      assert.equal(code, 64);
      assert.match(String(jsonLine(stderr).message), pattern);
    }
    await submit(home, 'a', 'sleep 600');
    const some = await home.run(['adjust', 'nobody', 'a', '--priority=3']);
    assert.deepEqual(
      [some.code, jsonLine(some.stderr).error, jsonLine(some.stdout).name],
      [1, 'not_found', 'a'],
    );
  });
});
