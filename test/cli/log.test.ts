// babysit log.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { DEADLINE_MS, SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join('');

describe('log', () => {
  const home = testHome({ after });

  it('prints 15 lines by default, else the part asked for', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=count', 'seq 100; echo oops >&2']);
    const log = async (...args: string[]) => (await home.run(['log', 'count', ...args])).stdout;
    assert.equal(await log(), `${lines(87, 100)}oops\n`);
    assert.equal(await log('--tail', '3'), `${lines(99, 100)}oops\n`);
    assert.equal(await log('--tail'), `${lines(52, 100)}oops\n`);
    const left = jsonLine((await home.run(['log', 'count'])).stderr);
    assert.deepEqual([left.left_out_lines, left.hint], [86, 'babysit log count --tail=50, or --full']);
    assert.equal(await log('--head=2'), lines(1, 2));
    assert.equal(await log('--full'), `${lines(1, 100)}oops\n`);
    assert.equal(await log('--full', '--grep=^9.$'), lines(90, 99));
    assert.equal(await log('--grep=oops'), 'oops\n');
    const { name, lines: tail } = jsonLine(await log('--json', '--tail=2'));
    assert.deepEqual([name, tail], ['count', ['100', 'oops']]);
    assert.deepEqual(jsonLines(await log('--json', '--follow', '--tail=1')), [{ line: 'oops' }]);
  });

  it('of a task that was retried says which attempt it prints, and prints another one', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=again', 'seq 20; exit 3']);
    await home.run(['retry', 'again', '--command=echo second']);
    await home.run(['wait', 'again']);
    const last = await home.run(['log', 'again']);
    assert.equal(last.stdout, 'second\n');
    const note = jsonLine(last.stderr);
    assert.deepEqual([note.attempt, note.attempts, note.hint], [2, 2, 'babysit log again --attempt=1']);
    assert.equal(note.message, 'this is the log of attempt 2 of 2');
    const first = await home.run(['log', 'again', '--attempt=1']);
    assert.equal(first.stdout, lines(6, 20));
    assert.match(first.stderr, /babysit log again --attempt=1 --tail=50/);
    const none = await home.run(['log', 'again', '--attempt=3']);
    assert.deepEqual([none.code, jsonLine(none.stderr).error], [1, 'no_log']);
    assert.match(String(jsonLine(none.stderr).hint), /babysit log again /);
    assert.equal((await home.run(['log', 'again', '--attempt=1', '--follow'])).code, 64);
  });

  it('answers a follower of a task that has printed nothing, or waits, before its output', async () => {
    const file = `${home.work}/print`;
    await home.run(['run', ...SMALL, '--name=quiet', `${until(file)}; echo done`]);
    await home.run(['run', ...SMALL, '--name=later', '--after=quiet', '--queue', 'echo later']);
    const heads = await Promise.all(['quiet', 'later'].map(headOfFollowed));
    writeFileSync(file, '');
    assert.deepEqual(await Promise.all(heads.map((head) => text(head))), ['done\n', 'later\n']);
  });

  async function headOfFollowed(name: string): Promise<IncomingMessage> {
    const { id } = jsonLine((await home.run(['status', name, '--json'])).stdout);
    const sent = request({ socketPath: join(home.dir, 'daemon.sock'), path: `/v1/tasks/${id}/log?follow=1` });
    sent.end();
    const [head] = await once(sent, 'response', { signal: AbortSignal.timeout(DEADLINE_MS) });
    return head;
  }

  it('follows until the task has ended', async () => {
    const file = `${home.work}/go`;
    const script = `echo first; ${until(file)}; echo last`;
    await home.run(['run', ...SMALL, '--name=f', script]);
    const following = home.start(['log', 'f', '--follow']);
    await waitUntil(() => following.stdout() === 'first\n', { what: 'the first line' });
    writeFileSync(file, '');
    const { code, stdout } = await following.done;
    assert.deepEqual([code, stdout], [0, 'first\nlast\n']);
  });

  it('follows a task that ends without a start, and says why it has no output', async () => {
    await home.run(['run', ...SMALL, '--name=first', 'sleep 600']);
    await home.run(['run', ...SMALL, '--queue', '--after=first', '--name=next', 'true']);
    const following = home.start(['log', 'next', '--follow']);
    await waitUntil(() => following.stderr().includes('log_waits'), { what: 'the note that it waits' });
    await home.run(['kill', 'first']);
    const { code, stdout, stderr } = await following.done;
    const { error, message, hint } = jsonLine(stderr.slice(stderr.indexOf('\n') + 1));
    assert.deepEqual([code, stdout, error], [1, '', 'no_log']);
    assert.match(`${message} ${hint}`, /never started: its dependency "first" ended killed It has no output/);
  });

  it('follows a task that ends before its retry: prints its last attempt', async () => {
    const retries = ['--retries=1', '--retry_backoff=5m'];
    await home.run(['run', ...SMALL, ...retries, '--name=once', 'echo one; exit 3']);
    const isBetween = async () => (await home.run(['status', 'once'])).stdout.includes('"backoff"');
    await waitUntil(isBetween, { what: 'the wait for the retry' });
    const following = home.start(['log', 'once', '--follow']);
    await waitUntil(() => following.stderr().includes('log_waits'), { what: 'the note that it waits' });
    await home.run(['kill', 'once']);
    const { code, stdout, stderr } = await following.done;
    assert.deepEqual([code !== 0, stdout, stderr.includes('no_log')], [true, 'one\n', false]);
  });

  it('prints the bytes unchanged when stdout is not a terminal', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=c', "printf '\\033[31mred\\033[0m\\r\\n'"]);
    assert.equal((await home.run(['log', 'c'])).stdout, '\x1b[31mred\x1b[0m\r\n');
  });

  it('combines --grep with a part, a limit and --follow', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=numbers', "seq 100; printf 'no newline 7'"]);
    const log = async (...args: string[]) => (await home.run(['log', 'numbers', ...args])).stdout;
    assert.equal(await log('--grep=7', '--tail=3'), '87\n97\nno newline 7\n');
    assert.equal((await log('--grep=7')).split('\n').length, 21);
    assert.equal(await log('--grep=7', '--count'), '20\n');
    assert.deepEqual(jsonLine(await log('--grep=7', '--count', '--json')), { name: 'numbers', count: 20 });
    assert.equal((await home.run(['log', 'numbers', '--count'])).code, 64);
    assert.equal(await log('--grep=7', '--head=2'), '7\n17\n');
    assert.equal(await log('--grep=^7', '--full'), `7\n${lines(70, 79)}`);
    assert.equal(await log('--grep=^7', '--full', '--max_bytes=7'), '7\n70\n71');
    assert.equal(await log('--full', '--max_bytes=4'), '1\n2\n');
    assert.equal(await log('--head=3', '--follow'), lines(1, 3));
    assert.equal(await log('--follow', '--full', '--grep=^9.$'), lines(90, 99));
    assert.equal(await log('--since=1h', '--head=2'), lines(1, 2));
    assert.equal(await log('--since=1h', '--grep=00'), '100\n');
    assert.deepEqual(jsonLine(await log('--since=1h', '--json', '--tail=1')).lines, ['no newline 7']);
  });

  it('with --grep prints every match of the whole log up to a bound, and says how many it left out', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=many', 'seq -f "match %g" 300']);
    const found = await home.run(['log', 'many', '--grep=match']);
    assert.equal(
      found.stdout,
      lines(101, 300)
        .replace(/^/gm, 'match ')
        .replace(/match $/, ''),
    );
    const { left_out_matches, hint } = jsonLine(found.stderr);
    assert.deepEqual([left_out_matches, hint], [100, 'babysit log many --grep=match --full']);
    const few = await home.run(['log', 'many', '--grep=match 1.$']);
    assert.deepEqual([few.stdout, few.stderr], [lines(10, 19).replace(/^(?=.)/gm, 'match '), '']);
  });

  it('stops an expression that backtracks without end', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=a', `echo ${'a'.repeat(60)}!`]);
    const { code, stderr } = await home.run(['log', 'a', '--grep=^(a+)+$']);
    assert.equal(code, 64);
    assert.match(String(jsonLine(stderr).message), /^--grep: the expression takes more than 2 s/);
    assert.equal((await home.run(['log', 'a', '--grep=a{60}!$'])).code, 0);
  });

  it('ends when its reader ends, also while the task prints nothing', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=long', 'seq 1000000']);
    await home.run(['run', ...SMALL, '--name=silent', 'echo 1; sleep 600']);
    for (const name of ['long', 'silent']) {
      const script = 'set -o pipefail; "$0" log "$1" --full --follow | head -1';
      const { stdout, status } = spawnSync('bash', ['-c', script, BABYSIT, name], {
        env: { ...home.env, BABYSIT_NODE: process.execPath },
        encoding: 'utf8',
        timeout: DEADLINE_MS,
      });
      assert.deepEqual([stdout, status], ['1\n', 141], name);
    }
  });

  it('reports an unknown task', async () => {
    const { code, stderr } = await home.run(['log', 'nobody']);
    assert.equal(code, 1);
    assert.equal(jsonLine(stderr).error, 'not_found');
  });
});
