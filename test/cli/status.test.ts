// babysit status, doctor, config.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SETTING_KEYS } from '../../src/config/settings.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { sharedDaemon, type TestHome, testHome } from '../support/home.ts';
import { show, submit, wholeHostFlags } from '../support/tasks.ts';

const projectOf = sharedDaemon({ after });

describe('status', () => {
  it('shows capacity and running tasks; and one task in full', async (t) => {
    const home = projectOf(t);
    await submit(home, 'live', 'sleep 600');
    const host = jsonLine((await home.run(['status'])).stdout);
    assert.ok((host.mem_limit_bytes as number) > (host.mem_available_bytes as number));
    assert.deepEqual(
      (host.running as { name: string }[]).map(({ name }) => name),
      ['live'],
    );
    const task = jsonLine((await home.run(['status', 'live', '--full'])).stdout);
    const short = jsonLine((await home.run(['status', 'live'])).stdout);
    assert.deepEqual([short.name, short.estimated_mem_bytes, short.cwd], ['live', 32 * 1024 ** 2, undefined]);
    assert.deepEqual([task.name, task.estimated_mem_bytes, task.cwd], ['live', 32 * 1024 ** 2, home.work]);
    const gone = await home.run(['status', 'nobody']);
    assert.equal(gone.code, 1);
    assert.equal(jsonLine(gone.stderr).error, 'not_found');
  });

  it('shows the queue in order, why each task waits, and the leases', async (t) => {
    const home = projectOf(t);
    const whole = await wholeHostFlags(home);
    await submit(home, 'live', 'sleep 600');
    const lease = jsonLine(
      (await home.run(['wait_for_capacity', '--lease_ttl=1h', '--mem_bytes=60M', '--cpu_cores=0.2'])).stdout,
    );
    for (const name of ['first', 'second'])
      assert.equal((await home.run(['run', '--queue', ...whole, `--name=${name}`, 'true'])).code, 0);
    await submit(home, 'last', 'true', '--after=second');
    const view = jsonLine((await home.run(['status', '--full'])).stdout);
    assert.deepEqual(view.tasks, { running: 1, paused: 0, pending: 3, tickets: 0 });
    assert.deepEqual(
      (view.leases as { id: string; mem_bytes: number }[]).map(({ id, mem_bytes }) => [id, mem_bytes]),
      [[lease.lease, 60 * 1024 ** 2]],
    );
    const queue = view.queue as {
      name: string;
      waiting: { dim: string; position: number | null; blocked_by: string[] };
    }[];
    assert.deepEqual(
      queue.map(({ name, waiting }) => [name, waiting.dim, waiting.position]),
      [
        ['first', 'cpu', 1],
        ['second', 'cpu', 2],
        ['last', 'after', null],
      ],
    );
    assert.deepEqual(queue[0]?.waiting.blocked_by, [`lease ${lease.lease}`, 'live']);
    // Every answer shows the same value.
    assert.deepEqual((await show(home, 'second')).waiting, queue[1]?.waiting);
    const listed = jsonLines((await home.run(['list', '--full', '--status=pending'])).stdout);
    assert.deepEqual(listed.find(({ name }) => name === 'first')?.waiting, queue[0]?.waiting);
  });
});

describe('doctor', () => {
  it('gives a reason for every check, and exits 1 unless the host is ok', async (t) => {
    const { code, stdout } = await projectOf(t).run(['doctor']);
    const report = jsonLine(stdout);
    assert.equal(code, report.ok ? 0 : 1);
    const checks = report.checks as { what: string; reason: string }[];
    const what = checks.map((check) => check.what);
    for (const one of ['host', 'memory limit', 'CPU limit', 'process limit', 'pause and resume'])
      assert.ok(what.includes(one), String(what));
    for (const { reason } of checks) assert.ok(reason.length > 0, stdout);
  });
});

/** A daemon takes a change over at once, or says that it needs a restart. */
async function changes(home: TestHome): Promise<void> {
  const config = async (...words: string[]) => {
    const { code, stdout, stderr } = await home.run(['config', ...words]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.deepEqual(jsonLine(await config('set', 'defaults.estimated_time', '3m')), {
    key: 'defaults.estimated_time',
    value: '3m',
    source: 'file',
    takes_effect: 'now',
  });
  assert.equal(await config('get', 'defaults.estimated_time'), '3m\n');
  await config('set', 'admission.memory_reserve=1G');
  const limit = async () => Number(jsonLine((await home.run(['status'])).stdout).mem_limit_bytes);
  const before = await limit();
  await config('set', 'admission.max_sys_mem_pct', '10');
  assert.equal(Math.round((10 * (await limit())) / before), Math.round(100 / 70));
  const later = jsonLine(await config('set', 'api.max_body', '9M'));
  assert.deepEqual(
    [later.takes_effect, String(later.hint).includes('daemon-restart')],
    ['after_restart', true],
  );
  const { notices } = jsonLine((await home.run(['status', '--full'])).stdout) as { notices: object[] };
  assert.match(JSON.stringify(notices), /restart needed.*api\.max_body/);
  const unset = jsonLine(await config('unset', 'admission.max_sys_mem_pct'));
  assert.deepEqual([unset.value, unset.source], [70, 'default']);
  const refusal = async (...words: string[]) => {
    const { code, stderr } = await home.run(['config', ...words]);
    const { message, hint } = jsonLine(stderr);
    return [code, `${message} ${hint}`];
  };
  for (const [words, why] of [
    ['set log.keep many', /log\.keep/],
    ['set log.kep 3', /Did you mean log\.keep\?/],
    ['set admission.memory_reserve 100T', /leaves no memory/],
    ['set profile.day.at', /usage: babysit config set KEY VALUE/],
    ['get', /usage: babysit config get KEY/],
  ] as const) {
    const [code, text] = await refusal(...words.split(' '));
    assert.equal(code, 64, words);
    assert.match(String(text), why);
  }
  assert.match(String((await refusal('set', 'profile.day.at', '61 8 * * *'))[1]), /is not a cron expression/);
}

describe('config', () => {
  it('shows the source of every value', async (t) => {
    const home = testHome(t, { admission: { max_running: 7 } });
    const values = jsonLines((await home.run(['config', 'show'])).stdout);
    const sources = new Map(values.map((row) => [row.key, row]));
    assert.deepEqual([...sources.keys()], SETTING_KEYS);
    // The home of a test sets two in the environment.
    const set = {
      'admission.max_running': 'file',
      'admission.count_outside_cpu': 'env',
      'watchdog.tolerance_window': 'env',
    };
    for (const { key, source } of values)
      assert.equal(source, (set as Record<string, string>)[String(key)] ?? 'default', String(key));
    assert.deepEqual(sources.get('admission.max_running'), {
      key: 'admission.max_running',
      value: 7,
      source: 'file',
    });
    const some = jsonLines((await home.run(['config', 'show', 'admission.max_r'])).stdout);
    assert.deepEqual(
      some.map((row) => row.key),
      ['admission.max_running'],
    );
    assert.equal((await home.run(['config', 'show', 'zzz'])).code, 64);
    await changes(home);
  });
});

describe('estimates', () => {
  it('are learned from the ended runs, fill in what is left out, and can be forgotten', async (t) => {
    const home = projectOf(t);
    const learned = async (...words: string[]) => jsonLines((await home.run(['estimates', ...words])).stdout);
    for (const name of ['one', 'two', 'three'])
      assert.equal(
        (await home.run(['run', '--wait', `--name=${name}`, '--', 'sh', './work.sh', name])).code,
        1,
      );
    const [known] = await learned('sh ./work.sh four');
    assert.deepEqual([known?.subcommand, (known?.mem as { n: number } | null)?.n], ['sh work.sh', 3]);
    assert.deepEqual(
      (await learned()).map(({ subcommand }) => subcommand),
      ['sh work.sh'],
    );
    const submitted = async (...flags: string[]) =>
      jsonLine(
        (await home.run(['run', '--json', '--full', ...flags, '--', 'sh', './work.sh', 'five'])).stdout,
      );
    const { estimates, advice } = (await submitted('--estimated_time=1h')) as Record<
      string,
      Record<string, unknown>
    >;
    assert.deepEqual(estimates?.mem, { value: 256 * 1024 ** 2, from: 'learned', level: 'subcommand', n: 3 });
    assert.match(JSON.stringify(advice), /You gave 1h; .* leave --estimated_time out/);
    const { estimates: unused } = (await submitted('--no_learn')) as Record<string, Record<string, unknown>>;
    assert.deepEqual((unused?.mem as { from?: string } | undefined)?.from, 'default');
    const forgotten = jsonLine((await home.run(['estimates', 'sh ./work.sh', '--forget'])).stdout);
    assert.ok((forgotten.forgotten as number) > 0);
    assert.equal((await home.run(['estimates', '--forget'])).code, 64);
  });
});
