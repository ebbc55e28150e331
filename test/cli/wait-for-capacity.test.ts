// babysit wait_for_capacity.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { daemonApi } from '../support/daemon-api.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { submit, wholeHost } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const SMALL_ROOM = ['--mem_bytes=50M', '--cpu_cores=0.1'];

/** Submits a task that takes all cores; returns flags of `wait_for_capacity` and `run` that ask for all of them. */
async function fill(home: TestHome, name = 'full') {
  const cores = await wholeHost(home);
  const run = ['--estimated_mem_bytes=50M', '--cpu_pct_limit=100', `--estimated_cpu_cores=${cores}`];
  const { code, stderr } = await home.run(['run', ...run, `--name=${name}`, 'sleep 600']);
  assert.equal(code, 0, stderr);
  return { run, wait: ['wait_for_capacity', '--mem_bytes=50M', `--cpu_cores=${cores}`] };
}

const statusOf = async (home: TestHome) =>
  jsonLine((await home.run(['status'])).stdout) as { leases?: { id: string }[] };
const tickets = async (home: TestHome) => (await daemonApi(home, {}).status()).tasks.tickets;

describe('wait_for_capacity', () => {
  it('returns a lease at once when there is room, which the next run of its owner uses, and refuses what never fits', async (t) => {
    const home = testHome(t);
    const before = Date.now();
    const { code, stdout, stderr } = await home.run(['wait_for_capacity', ...SMALL_ROOM]);
    assert.deepEqual([code, stderr], [0, '']);
    const { event, lease, expires_at, mem_bytes, cpu_cores } = jsonLine(stdout);
    assert.deepEqual([event, mem_bytes, cpu_cores], ['capacity_available', 50 * 1024 ** 2, 0.1]);
    // A minute from a moment of the call.
    const grantedAt = Date.parse(String(expires_at)) - 60_000;
    assert.ok(before <= grantedAt && grantedAt <= Date.now(), `${grantedAt - before} ms after the call`);
    assert.deepEqual(
      (await statusOf(home)).leases?.map(({ id }) => id),
      [lease],
    );
    await submit(home, 'a', 'sleep 600');
    assert.equal((await statusOf(home)).leases, undefined);
    const used = await home.run(['run', ...SMALL, `--lease=${lease}`, 'true']);
    assert.deepEqual([used.code, jsonLine(used.stderr).error], [75, 'lease_expired']);

    const alone = await home.run(['wait_for_capacity', '--cpu_cores=0.1']);
    assert.equal(alone.code, 0, alone.stderr);
    assert.ok(Number(jsonLine(alone.stdout).mem_bytes) > 0, alone.stdout);
    const never = await home.run(['wait_for_capacity', '--mem_bytes=900T', '--cpu_cores=1']);
    assert.deepEqual([never.code, jsonLine(never.stderr).error], [1, 'infeasible']);
    const MISTAKES: [string[], RegExp][] = [
      [[...SMALL_ROOM, 'x'], /takes no word "x"/],
      [[...SMALL_ROOM, '--timeout=0'], /--timeout: .*Examples/],
      [[...SMALL_ROOM, '--lease_ttl=2d'], /lease_ttl: at most 1d/],
    ];
    for (const [flags, pattern] of MISTAKES) {
      const refused = await home.run(['wait_for_capacity', ...flags]);
      assert.equal(refused.code, 64, refused.stderr);
      assert.match(String(jsonLine(refused.stderr).message), pattern);
    }
  });

  it('waits its turn and reports why, and holds the room for the run that names the lease', async (t) => {
    const home = testHome(t);
    const { run, wait } = await fill(home);
    const waiting = home.start([...wait, '--owner=me', '--lease_ttl=1h']);
    await waitUntil(() => waiting.stderr() !== '', { what: 'the first line' });
    const [first = {}] = jsonLines(waiting.stderr());
    const { event, dim, position, blocked_by, owners, expected_start, latest_start } = first;
    assert.deepEqual(owners, [home.work]);
    assert.ok(Date.parse(String(latest_start)) >= Date.parse(String(expected_start)));
    assert.deepEqual([event, dim, position, blocked_by], ['waiting_for_capacity', 'cpu', 1, ['full']]);
    assert.ok(Date.parse(String(expected_start)) > Date.now());
    assert.equal(waiting.stdout(), '');
    await home.run(['kill', 'full']);
    const { code, stdout } = await waiting.done;
    assert.equal(code, 0);
    const other = await home.run(['run', ...run, '--owner=you', 'true']);
    assert.equal(other.code, 2);
    const { lease } = jsonLine(stdout);
    assert.deepEqual((jsonLine(other.stderr).blocked_by as string[])[0], `lease ${lease}`);
    const named = await home.run(['run', ...run, '--owner=you', `--lease=${lease}`, '--wait', 'true']);
    assert.equal(named.code, 0, named.stderr);
  });

  it('--timeout exits 124 and gives up its place, and that of a killed waiter passes to the next', async (t) => {
    const home = testHome(t);
    const { wait } = await fill(home);
    const { code, stdout, stderr } = await home.run([...wait, '--timeout=300ms']);
    assert.deepEqual([code, stdout], [124, '']);
    assert.equal(jsonLines(stderr).at(-1)?.error, 'capacity_timeout');
    const isGone = async () => (await tickets(home)) === 0;
    await waitUntil(isGone, { what: 'the ticket to go' });

    const first = home.start(wait);
    await waitUntil(() => first.stderr() !== '', { what: 'the first to be queued' });
    const second = home.start(wait);
    await waitUntil(() => second.stderr() !== '', { what: 'the second to be queued' });
    assert.equal(jsonLines(second.stderr())[0]?.position, 2);
    first.kill('SIGKILL');
    await first.done;
    const isAlone = async () => (await tickets(home)) === 1;
    await waitUntil(isAlone, { what: 'the first to lose its place' });
    await home.run(['kill', 'full']);
    assert.equal((await second.done).code, 0);
  });

  it('gives the room of an unused lease to the next when the lease expires', async (t) => {
    const home = testHome(t);
    const { wait } = await fill(home);
    const first = home.start([...wait, '--lease_ttl=1s', '--owner=me']);
    await waitUntil(() => first.stderr() !== '', { what: 'the first to be queued' });
    const second = home.start([...wait, '--owner=you']);
    await waitUntil(() => second.stderr() !== '', { what: 'the second to be queued' });
    await home.run(['kill', 'full']);
    const expires = Date.parse(String(jsonLine((await first.done).stdout).expires_at));
    assert.equal((await second.done).code, 0);
    assert.ok(Date.now() >= expires);
  });

  it('keeps its place over a restart and a SIGKILL of the daemon', async (t) => {
    const home = testHome(t);
    const { wait } = await fill(home);
    const first = home.start([...wait, '--owner=me']);
    await waitUntil(() => first.stderr() !== '', { what: 'the first to be queued' });
    const second = home.start([...wait, '--owner=you']);
    await waitUntil(() => second.stderr() !== '', { what: 'the second to be queued' });
    for (const how of ['daemon-restart', 'SIGKILL']) {
      if (how === 'SIGKILL') {
        process.kill(jsonLine((await home.run(['ping'])).stdout).pid as number, 'SIGKILL');
        await home.run(['daemon-start']);
      } else await home.run(['daemon-restart']);
      const areBack = async () => (await tickets(home)) === 2;
      await waitUntil(areBack, { what: `both to be queued again after ${how}` });
    }
    await home.run(['kill', 'full']);
    assert.equal((await first.done).code, 0);
    assert.equal(second.stdout(), '');
    second.kill('SIGKILL');
    await second.done;
  });
});
