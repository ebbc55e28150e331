// babysit wait.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { WAIT_EVENTS } from '../../src/core/events.ts';
import type { TaskId } from '../../src/core/task.ts';
import { openStore } from '../../src/store/store.ts';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine, jsonLines, type RunningCli } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { show, submit, until, wholeHostFlags } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

interface HostRows {
  readonly running: readonly { readonly name: string; readonly owner: string }[];
  readonly queue: readonly { readonly name: string; readonly owner: string }[];
}

/** `babysit wait`, once it has printed that the task has started. */
async function startWait(home: TestHome, name: string, env: NodeJS.ProcessEnv = {}): Promise<RunningCli> {
  const waiting = home.start(['wait', name], { env });
  await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
  return waiting;
}

/** In a subshell: its parent is stopped. */
const UNTIL_STOPPED = 'until grep -q "^State:.T" /proc/$$/status; do sleep 0.05; done';

describe('wait', () => {
  const home = testHome({ after });

  it('returns at once for a task that has ended, by name, id or prefix of the id', async () => {
    await submit(home, 'ended', 'exit 3');
    const first = await home.run(['wait', 'ended']);
    assert.equal(first.code, 1);
    const { id, status, exit_code } = jsonLine(first.stdout);
    assert.deepEqual({ status, exit_code }, { status: 'failed', exit_code: 3 });
    for (const ref of [String(id), String(id).slice(0, 20), '--name=ended'])
      assert.equal(jsonLine((await home.run(['wait', ref])).stdout).id, id);
  });

  it('keeps waiting at a signal that its caller ignores', async () => {
    await submit(home, 'under-nohup', until('over'));
    const wait = spawn('bash', ['-c', `trap '' HUP INT TERM; exec "$0" wait under-nohup`, BABYSIT], {
      cwd: home.work,
      env: { ...home.env, BABYSIT_NODE: process.execPath },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let printed = '';
    wait.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    await waitUntil(() => printed.includes('"started"'), { what: 'the started event' });
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) wait.kill(signal);
    writeFileSync(join(home.work, 'over'), '');
    assert.deepEqual(await once(wait, 'close'), [0, null]);
  });

  it('ends with the exit code of the task where that is asked for', async () => {
    const rows: [name: string, line: string, own: number][] = [
      ['good', 'true', 0],
      ['seven', 'exit 7', 7],
      ['most', 'exit 255', 255],
      ['term', 'kill -TERM $$', 143],
      ['missing', 'exec /nonexistent', 127],
      ['stopped', `(${UNTIL_STOPPED}; kill -CONT $$) & kill -STOP $$; wait; exit 9`, 9],
    ];
    const codes = await Promise.all(
      rows.map(async ([name, line]) => {
        const run = await home.run(['run', ...SMALL, '--wait', '--exit_code', `--name=${name}`, line]);
        const wait = await home.run(['wait', name, '--exit_code']);
        const log = await home.run(['log', name, '--follow']);
        return [name, run.code, wait.code, log.code];
      }),
    );
    assert.deepEqual(
      codes,
      rows.map(([name, , own]) => [name, own, own, own]),
    );
    assert.equal((await home.run(['wait', 'good', 'seven', '--exit_code'])).code, 7);
    assert.equal((await home.run(['log', 'seven', '--follow', '--exit_code=no'])).code, 0);
    assert.equal((await home.run(['log', 'seven'])).code, 0);
    assert.equal((await home.run(['run', '--exit_code', 'true'])).code, 64);
  });

  it('reports an unknown task', async () => {
    const { code, stdout, stderr } = await home.run(['wait', 'nobody']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(jsonLine(stderr).error, 'not_found');
  });

  it('prints one object per task, and exits 1 when one of them did not complete', async () => {
    await submit(home, 'a', 'true');
    await submit(home, 'b', 'false');
    const { code, stdout } = await home.run(['wait', 'a', 'b', 'a']);
    assert.equal(code, 1);
    assert.deepEqual(
      jsonLines(stdout)
        .map(({ name, status }) => [name, status])
        .sort(),
      [
        ['a', 'completed'],
        ['b', 'failed'],
      ],
    );
  });

  it('--any returns when the first task ends', async () => {
    await submit(home, 'slow', 'sleep 600');
    await submit(home, 'fast', 'true');
    const { code, stdout } = await home.run(['wait', 'slow', 'fast', '--any']);
    assert.equal(code, 0);
    assert.equal(jsonLine(stdout).name, 'fast');
    assert.equal((await show(home, 'slow')).status, 'running');
  });

  it('--until=risk returns a new warning once, with the command that prevents the kill', async () => {
    await submit(home, 'late', 'sleep 600', '--estimated_time=200ms', '--kill_timeout=5m');
    const { code, stdout } = await home.run(['wait', 'late', '--until=risk']);
    const event = jsonLine(stdout);
    assert.deepEqual([code, event.event, event.dim, event.kill_at], [3, 'runaway_risk', 'elapsed', 300_000]);
    assert.ok(Date.parse(String(event.kill_time)) > Date.parse(String(event.at)) + 200_000);
    // The warning has been seen.
    assert.equal((await home.run(['wait', 'late', '--until=risk', '--timeout=200ms'])).code, 124);
    const adjusted = await home.run(String(event.suggested_command).split(' ').slice(1));
    assert.equal(adjusted.code, 0, adjusted.stderr);
    // A change from before the wait is no news.
    const waiting = home.start(['wait', 'late']);
    await waitUntil(() => waiting.stderr().includes('"runaway_risk"'), {
      what: 'the events before the wait',
    });
    await home.run(['kill', 'late', '--force']);
    const { stderr } = await waiting.done;
    assert.deepEqual([stderr.includes('"kill_requested"'), stderr.includes('"adjusted"')], [true, false]);
  });

  it('of a pending task reports why it waits, behind which tasks of which owners, then its start', async (t) => {
    const home = testHome(t);
    const cores = await wholeHostFlags(home);
    await home.run(['run', ...cores, '--owner=alice', '--name=holder', 'sleep 600']);
    const waiting = home.start(['run', ...cores, '--queue', '--owner=bob', '--name=next', '--wait', 'true']);
    await waitUntil(() => waiting.stderr().includes('"waiting"'), { what: 'the reason' });
    const { running, queue } = jsonLine((await home.run(['status'])).stdout) as unknown as HostRows;
    const ownerOf = (rows: HostRows['queue'], name: string) => rows.find((row) => row.name === name)?.owner;
    assert.deepEqual([ownerOf(running, 'holder'), ownerOf(queue, 'next')], ['alice', 'bob']);
    const rows = jsonLines((await home.run(['list', '--all_projects'])).stdout);
    assert.equal(rows.find(({ name }) => name === 'holder')?.owner, 'alice');
    await home.run(['kill', 'holder']);
    assert.equal((await waiting.done).code, 0);
    const events = jsonLines(waiting.stderr().replace(/^(queued|babysit):.*\n/gm, ''));
    // A wait that lasts is reported again.
    assert.match(events.map(({ event }) => event).join(' '), /^(waiting )+started$/);
    const { name, dim, blocked_by, owners, expected_start, latest_start } = events[0] ?? {};
    assert.deepEqual([name, dim, blocked_by, owners], ['next', 'cpu', ['holder'], ['alice']]);
    assert.ok(Date.parse(String(latest_start)) > Date.parse(String(expected_start)));
  });

  it('--timeout exits 124 and leaves the task running', async () => {
    await submit(home, 'long', 'sleep 600');
    const { code, stdout, stderr } = await home.run(['wait', 'long', '--timeout=300ms']);
    assert.equal(code, 124);
    assert.equal(stdout, '');
    const last = jsonLines(stderr).at(-1);
    assert.deepEqual([last?.error, last?.live], ['wait_timeout', ['long']]);
    assert.equal((await show(home, 'long')).status, 'running');
  });

  it('--timeout says what has ended and what has not, and its hint is the same wait again', async () => {
    await submitBehind('gate', 'w', 12);
    await home.run(['run', ...SMALL, '--tag=w', '--wait', '--name=done', 'true']);
    let error: Record<string, unknown> = {};
    let ms = 250;
    // A slow client has not read of the end when its time is over.
    const hasHeard = async () => {
      ms *= 2;
      const { code, stderr } = await home.run(['wait', '--tag=w', '--summary', `--timeout=${ms}ms`]);
      assert.equal(code, 124);
      error = jsonLines(stderr).at(-1) ?? {};
      return error.ended !== undefined;
    };
    await waitUntil(hasHeard, { what: 'the end in the error' });
    const { ended, live, live_count, live_left_out, message, hint } = error;
    assert.deepEqual([ended, (live as string[]).length], [{ completed: 1 }, 10]);
    assert.deepEqual([live_count, live_left_out], [12, 2]);
    assert.equal(message, '--timeout reached: 1 completed, 12 tasks have not ended');
    assert.equal(hint, 'babysit wait --tag=w --summary');
    await home.run(['kill', '--tag=w', 'gate', '--force']);
  });

  /** Submits `count` tasks that wait for the end of another one, which runs. */
  async function submitBehind(gate: string, tag: string, count: number): Promise<void> {
    await submit(home, gate, 'sleep 600');
    const lines = Array.from({ length: count }, (_, n) => ({
      name: `${tag}${n}`,
      command: 'true',
      after: [gate],
    }));
    const stdin = lines.map((line) => JSON.stringify(line)).join('\n');
    assert.equal(
      (await home.run(['run', ...SMALL, '--queue', `--tag=${tag}`, '--batch=-'], { stdin })).code,
      0,
    );
  }

  it('--summary says once why the tasks wait, and folds those that were killed by hand', async () => {
    await submitBehind('closed', 'x', 8);
    const waiting = home.start(['wait', '--tag=x', '--summary']);
    await waitUntil(() => waiting.stderr() !== '', { what: 'the reason' });
    const [line = {}, ...others] = jsonLines(waiting.stderr());
    assert.deepEqual(others, []);
    assert.deepEqual([line.event, line.dim, line.blocked_by], ['waiting', 'after', ['closed']]);
    assert.match(String(line.first), /^x\d$/);
    assert.ok(Number(line.count) >= 1 && Number(line.count) <= 8, JSON.stringify(line));
    assert.equal((await home.run(['kill', '--tag=x'])).code, 0);
    const { code, stdout } = await waiting.done;
    assert.equal(code, 1);
    const { status, kill_reason, count, first, last, max_elapsed_ms } = jsonLine(stdout);
    assert.deepEqual([status, kill_reason, count, first, last], ['killed', 'manual', 8, 'x0', 'x7']);
    assert.equal(max_elapsed_ms, undefined);
    const { stdout: one } = await home.run(['wait', 'x3', '--summary']);
    assert.deepEqual([jsonLine(one).name, jsonLine(one).stopped_gracefully], ['x3', undefined]);
    await home.run(['kill', 'closed', '--force']);
  });

  it('--timeout of a wait for an event names it', async () => {
    await submit(home, 'unready', 'sleep 600');
    const { stderr } = await home.run(['wait', 'unready', '--event=ready', '--timeout=100ms']);
    const { message, hint } = jsonLines(stderr).at(-1) ?? {};
    assert.equal(message, '--timeout reached: unready has not had the event ready');
    assert.equal(hint, 'babysit wait unready --event=ready');
    await home.run(['kill', 'unready', '--force']);
  });

  it('on SIGINT exits 130, names the live task and leaves it running', async () => {
    await submit(home, 'interrupted', 'sleep 600');
    const waiting = await startWait(home, 'interrupted');
    waiting.kill('SIGINT');
    const { code, stdout, stderr } = await waiting.done;
    assert.equal(code, 130);
    assert.equal(stdout, '');
    assert.deepEqual(jsonLines(stderr).at(-1)?.live, ['interrupted']);
    assert.equal((await show(home, 'interrupted')).status, 'running');
  });

  it('prints reason, hint and detail of a kill first', async () => {
    await submit(home, 'victim', 'sleep 600');
    const waiting = await startWait(home, 'victim');
    assert.equal((await home.run(['kill', 'victim'])).code, 0);
    const { code, stdout, stderr } = await waiting.done;
    assert.equal(code, 1);
    const task = jsonLine(stdout);
    assert.deepEqual(Object.keys(task).slice(0, 3), ['kill_reason', 'kill_hint', 'kill_detail']);
    assert.deepEqual([task.status, task.kill_reason], ['killed', 'manual']);
    assert.deepEqual(
      jsonLines(stderr).map(({ event }) => event),
      ['started', 'kill_requested'],
    );
  });
});

/** Sequence number and name of each event that `wait` prints, from the database. */
function recordedEvents(home: TestHome, id: unknown): [number, string][] {
  const store = openStore(join(home.dir, 'babysit.db'));
  try {
    const events = store.eventsAfter(id as TaskId, 0).filter(({ event }) => WAIT_EVENTS.has(event));
    return events.filter(({ event }) => event !== 'ended').map(({ seq, event }) => [seq, event]);
  } finally {
    store.close();
  }
}

describe('wait, when the daemon goes away', () => {
  const home = testHome({ after });

  it('prints every event once, those of the time without a connection too', async () => {
    const go = `${home.work}/go`;
    await submit(home, 'x', `${until(go)}; exit 5`);
    const { id } = await show(home, 'x');
    const waiting = await startWait(home, 'x');
    const restarts = () => waiting.stderr().split('"daemon_restarted"').length - 1;
    for (const [n, how] of ['daemon-restart', 'SIGKILL'].entries()) {
      assert.equal((await home.run(['adjust', 'x', `--priority=${2 * n + 1}`])).code, 0);
      if (how === 'SIGKILL') process.kill(daemonPid(home), 'SIGKILL');
      else assert.equal((await home.run([how])).code, 0);
      // The next daemon records that it took over before the client can have connected to it.
      assert.equal((await home.run(['adjust', 'x', `--priority=${2 * n + 2}`])).code, 0);
      await waitUntil(() => restarts() === n + 1, { what: `the daemon after ${how}` });
    }
    writeFileSync(go, '');
    const { code, stdout, stderr } = await waiting.done;
    assert.equal(code, 1);
    assert.equal(jsonLine(stdout).exit_code, 5);
    // daemon_stopping belongs to the connection, not to the task: it has no number.
    const printed = jsonLines(stderr).filter(({ event }) => event !== 'daemon_stopping');
    assert.deepEqual(
      printed.map(({ seq, event }) => [seq, event]),
      recordedEvents(home, id),
    );
    const eachTime = ['adjusted', 'daemon_restarted', 'adjusted'];
    assert.deepEqual(
      printed.map(({ event }) => event),
      ['started', ...eachTime, ...eachTime],
    );
  });

  it('reports the exit code of a task that ended without a daemon', async () => {
    const go = `${home.work}/go-y`;
    await submit(home, 'y', `${until(go)}; touch ${go}.done; exit 6`);
    const waiting = await startWait(home, 'y', { BABYSIT_NO_AUTOSTART: '1' });
    process.kill(daemonPid(home), 'SIGKILL');
    writeFileSync(go, '');
    await waitUntil(() => existsSync(`${go}.done`), { what: 'the task to end without a daemon' });
    assert.equal(waiting.stdout(), '');
    assert.equal((await home.run(['daemon-start'])).code, 0);
    const { code, stdout } = await waiting.done;
    assert.equal(code, 1);
    assert.equal(jsonLine(stdout).exit_code, 6);
  });
});
