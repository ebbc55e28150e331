// babysit exec waits for a start, a relay and a daemon that come late, and says so when it does not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SMALL } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid, processesOf } from '../support/processes.ts';
import { hasStarted, show, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Longer than a client waits for a relay that should answer. */
const LONGER_MS = 32_000;

const RELAY = join(import.meta.dirname, '../../dist/relay.cjs');

function relayPid(home: TestHome): number {
  const relay = processesOf(home.dir).find((found) => found.includes('relay.cjs'));
  return Number.parseInt(relay ?? assert.fail('no relay'), 10);
}

/** To the socket of the daemon, also those that it has not accepted. */
function connections(home: TestHome): number {
  return readFileSync('/proc/net/unix', 'utf8').split(join(home.dir, 'daemon.sock')).length;
}

describe('babysit exec', { concurrency: true }, () => {
  it('gives the first task of a daemon an input that lasts, although the relay comes later', async (t) => {
    const home = testHome(t);
    // A program that reads at once.
    assert.equal((await home.run(['run', ...SMALL, '--name=first', '--stdin', '--', 'cat'])).code, 0);
    await waitUntil(() => hasStarted(home, 'first'), { what: 'the task' });
    assert.equal((await home.run(['send', 'first', '-', '--eof'], { stdin: 'x' })).code, 0);
    assert.equal((await home.run(['wait', 'first'])).code, 0);
    assert.equal((await home.run(['log', 'first', '--full'])).stdout, 'x');
  });

  it('attaches to a task that waits longer than a relay may take', async (t) => {
    const home = testHome(t);
    assert.equal((await home.run(['hold', '--all'])).code, 0);
    const client = home.start(['exec', ...SMALL, '--name=late', '--', 'cat'], { stdin: 'x' });
    await waitUntil(() => client.stderr().includes('held'), { what: 'the reason' });
    await delay(LONGER_MS);
    assert.equal((await home.run(['release', '--all'])).code, 0);
    const { code, stdout } = await client.done;
    assert.deepEqual([code, stdout], [0, 'x']);
  });

  it('attaches to the next relay after a long connection', async (t) => {
    const home = testHome(t);
    const done = join(home.work, 'done');
    const line = `until [ -e ${done} ]; do /bin/echo tick; sleep 0.1; done; exit 3`;
    const client = home.start(['exec', '--quiet', ...SMALL, line]);
    await waitUntil(() => client.stdout() !== '', { what: 'output' });
    await delay(LONGER_MS);
    process.kill(relayPid(home), 'SIGKILL');
    const before = client.stdout().length;
    await waitUntil(() => client.stdout().length > before + 20, { what: 'more output' });
    writeFileSync(done, '');
    const { code, stderr } = await client.done;
    assert.deepEqual([code, stderr], [3, '']);
  });

  it('leaves no relay whose daemon ended before it connected', async (t) => {
    const home = testHome(t);
    const relay = spawn(process.execPath, [RELAY, home.dir], { stdio: 'ignore' });
    t.after(() => relay.kill('SIGKILL'));
    const [code] = await once(relay, 'exit');
    assert.equal(code, 0);
    assert.ok(!existsSync(join(home.dir, 'relay.sock')));
  });

  it('names the command that continues when no relay comes, and that for a receipt that the daemon does not fill', async (t) => {
    const home = testHome(t);
    const done = join(home.work, 'done');
    // Until the next relay comes, each write fails.
    const line = `trap '' PIPE; echo first; ${until(done)}; until echo last 2>&-; do sleep 0.05; done`;
    const client = home.start(['exec', '--quiet', ...SMALL, '--name=left', line]);
    await waitUntil(() => client.stdout() === 'first\n', { what: 'output' });
    const daemon = daemonPid(home);
    process.kill(daemon, 'SIGSTOP');
    process.kill(relayPid(home), 'SIGKILL');
    const lost = await client.done;
    process.kill(daemon, 'SIGCONT');
    assert.deepEqual([lost.code, jsonLine(lost.stderr).hint], [125, 'babysit attach left']);
    writeFileSync(done, '');
    const { code, stdout } = await home.run(['attach', 'left']);
    assert.deepEqual([code, stdout], [0, 'last\n']);

    const over = join(home.work, 'over');
    const receipt = join(home.work, 'receipt.json');
    const flags = ['--quiet', ...SMALL, '--name=kept', `--receipt=${receipt}`];
    const ending = home.start(['exec', ...flags, `echo out; ${until(over)}; exit 3`]);
    await waitUntil(() => ending.stdout() === 'out\n', { what: 'output' });
    process.kill(daemon, 'SIGSTOP');
    writeFileSync(over, '');
    const end = await ending.done;
    process.kill(daemon, 'SIGCONT');
    assert.deepEqual([end.code, readFileSync(receipt, 'utf8')], [3, '']);
    assert.match(end.stderr, /^babysit: the receipt \S+ is empty: .*: babysit wait kept --full >\S+\n$/);
  });

  it('ends by a signal while the daemon does not confirm the cancel or the submission', async (t) => {
    const home = testHome(t);
    assert.equal((await home.run(['hold', '--all'])).code, 0);
    const queue = async (name: string) => {
      const client = home.start(['exec', ...SMALL, `--name=${name}`, '--', 'true']);
      await waitUntil(() => client.stderr().includes('held'), { what: 'the reason' });
      return client;
    };
    const clients = [await queue('once'), await queue('twice')];
    const daemon = daemonPid(home);
    process.kill(daemon, 'SIGSTOP');
    for (const client of clients) client.kill('SIGTERM');
    clients[1]?.kill('SIGINT');
    const ends = await Promise.all(clients.map(({ done }) => done));
    process.kill(daemon, 'SIGCONT');
    for (const { signal, stderr } of ends) {
      assert.match(signal ?? '', /^SIG(TERM|INT)$/);
      assert.match(stderr, /has not confirmed that (once|twice) is cancelled: babysit kill \1\n$/);
    }
    // Each has sent its request: also the one whose second signal came right after the first.
    for (const name of ['once', 'twice'])
      await waitUntil(async () => (await show(home, name)).status === 'killed', {
        what: `the end of ${name}`,
      });

    process.kill(daemon, 'SIGSTOP');
    const idle = connections(home);
    const client = home.start(['exec', '--quiet', ...SMALL, '--name=taken-back', '--', 'true']);
    await waitUntil(() => connections(home) > idle, { what: 'the submission' });
    client.kill('SIGTERM');
    process.kill(daemon, 'SIGCONT');
    const { signal, stderr } = await client.done;
    assert.equal(signal, 'SIGTERM');
    if (stderr === '') assert.equal((await show(home, 'taken-back')).status, 'killed');
    // The daemon was too slow.
    else assert.match(stderr, /has not confirmed that taken-back is cancelled: babysit kill taken-back\n$/);
  });

  it('waits for the next daemon when it may not start one', async (t) => {
    const home = testHome(t);
    assert.equal((await home.run(['hold', '--all'])).code, 0);
    const client = home.start(['exec', ...SMALL, '--name=early', '--', 'echo', 'hello'], {
      env: { BABYSIT_NO_AUTOSTART: '1' },
    });
    const list = async () => (await home.run(['list'])).stdout;
    await waitUntil(async () => (await list()).includes('early'), { what: 'the task' });
    process.kill(daemonPid(home), 'SIGKILL');
    await waitUntil(() => client.stderr() !== '', { what: 'a reason' });
    assert.equal((await home.run(['release', '--all'])).code, 0);
    const { code, stdout } = await client.done;
    assert.deepEqual([code, stdout], [0, 'hello\n']);
  });
});
