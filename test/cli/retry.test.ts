// babysit retry and run --retries.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { sharedDaemon } from '../support/home.ts';
import { show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const projectOf = sharedDaemon({ after });

/** Succeeds at its n-th run; the exit code of the others names the run. */
const failsUntil = (n: number, file: string) =>
  `echo x >>${file}; count=$(wc -l <${file}); echo "run $count"; [ $count -ge ${n} ] || exit $((40 + count))`;

interface Waiting {
  readonly dim: string;
  readonly expected_start: string;
}

describe('run --retries', () => {
  it('starts another attempt until one succeeds, and reports each', async (t) => {
    const home = projectOf(t);
    const go = `${home.work}/go`;
    const line = `${failsUntil(3, `${home.work}/runs`)}; ${until(go)}`;
    const flags = ['--retries=5', '--retry_backoff=20ms', '--name=flaky'];
    const waiting = home.start(['run', '--wait', ...SMALL, ...flags, line]);
    const isThird = () => /"started".*"attempt":3/.test(waiting.stderr());
    await waitUntil(isThird, { what: 'the third attempt' });
    writeFileSync(go, '');
    const { code, stdout, stderr } = await waiting.done;
    assert.equal(code, 0, stderr);
    const { status, attempt } = jsonLine(stdout);
    assert.deepEqual([status, attempt], ['completed', 3]);
    const events = jsonLines(stderr.replace(/^queued: .*\n/, ''));
    assert.deepEqual(
      // An attempt may wait for the room of the one before.
      events.filter(({ event }) => event !== 'waiting').map(({ event, attempt: number }) => [event, number]),
      [
        ['started', 1],
        ['retrying', 1],
        ['started', 2],
        ['retrying', 2],
        ['started', 3],
      ],
    );
    const { history } = await show(home, 'flaky');
    assert.deepEqual(
      (history as { exit_code: number }[]).map(({ exit_code }) => exit_code),
      [41, 42],
    );
    assert.equal((await home.run(['log', 'flaky'])).stdout, 'run 3\n');
  });

  it('ends as the last attempt when none succeeds, and does not retry other causes', async (t) => {
    const home = projectOf(t);
    const flags = ['--retries=1', '--retry_backoff=20ms'];
    const spent = await home.run(['run', '--wait', ...SMALL, ...flags, failsUntil(9, `${home.work}/runs`)]);
    const { status, attempt, exit_code } = jsonLine(spent.stdout);
    assert.deepEqual([spent.code, status, attempt, exit_code], [1, 'failed', 2, 42]);
    const other = await home.run(['run', '--wait', ...SMALL, ...flags, '--retry_on=oom,stall', 'exit 3']);
    assert.equal(jsonLine(other.stdout).attempt, 1);
  });

  it('keeps its back-off over a restart of the daemon, and a kill ends it', async (t) => {
    const home = projectOf(t);
    await submit(home, 'flaky', 'exit 3', '--retries=1', '--retry_backoff=5m');
    const waitingOf = async () => (await show(home, 'flaky')).waiting as Waiting | null;
    await waitUntil(async () => (await waitingOf())?.dim === 'backoff', {
      what: 'the first attempt to fail',
    });
    const before = await waitingOf();
    await home.run(['daemon-restart']);
    const { status, attempt, waiting } = await show(home, 'flaky');
    const { dim, expected_start } = waiting as Waiting;
    assert.deepEqual(
      [status, attempt, dim, expected_start],
      ['pending', 1, 'backoff', before?.expected_start],
    );
    await home.run(['kill', 'flaky']);
    assert.equal(jsonLine((await home.run(['wait', 'flaky'])).stdout).status, 'killed');
  });
});

describe('retry', () => {
  it('runs the same request again under the same name and id', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', failsUntil(2, `${home.work}/runs`));
    const first = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.equal(first.exit_code, 41);
    const again = await home.run(['retry', 'a']);
    assert.deepEqual([again.code, jsonLine(again.stdout).id], [0, first.id]);
    const { id, status, attempt } = jsonLine((await home.run(['wait', 'a'])).stdout);
    assert.deepEqual([id, status, attempt], [first.id, 'completed', 2]);
  });

  it('is refused while the task lives, and when a live task has its name', async (t) => {
    const home = projectOf(t);
    await submit(home, 'a', 'sleep 600');
    const live = await home.run(['retry', 'a']);
    assert.deepEqual([live.code, jsonLine(live.stderr).error], [1, 'not_running']);
    await home.run(['kill', 'a']);
    const { id } = jsonLine((await home.run(['wait', 'a'])).stdout);
    await submit(home, 'a', 'sleep 600');
    const taken = await home.run(['retry', String(id)]);
    assert.deepEqual([taken.code, jsonLine(taken.stderr).error], [1, 'name_taken']);
  });
});

describe('run --key', () => {
  it('returns the first task, although it has ended and the other flags differ, and runs nothing', async (t) => {
    const home = projectOf(t);
    const run = (...args: string[]) => home.run(['run', ...SMALL, '--key=build-42', ...args]);
    const first = await run('--name=a', `echo x >>${home.work}/runs`);
    assert.equal(first.stdout, 'queued: a\n');
    await home.run(['wait', 'a']);
    const second = await run('--name=b', `echo y >>${home.work}/runs`);
    assert.deepEqual([second.code, second.stdout], [0, 'queued: a\n']);
    const waited = await run('--wait', 'exit 9');
    assert.equal(jsonLine(waited.stdout).name, 'a');
    assert.equal(jsonLines((await home.run(['list'])).stdout).length, 1);
    assert.equal(readFileSync(`${home.work}/runs`, 'utf8'), 'x\n');
  });
});
