// Profiles on the real daemon: switched by hand under a task that burns CPU, kept over a restart, and applied to a new task.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { LONG } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { show } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A twentieth of the cores by day: a burning task is far above it before and below it after, however busy the machine is. */
const CONFIG = {
  'profile.day.cpu_pct': 5,
  'profile.night.at': '0 0 1 1 *',
  'watchdog.monitor_interval': '200ms',
};
const BURN = ['--estimated_mem_bytes=32M', '--estimated_cpu_cores=0.1', '--cpu_pct_limit=90', '--force'];
/** Above what the day leaves on two cores, and below what a burning task gets beside other tests. */
const BUSY = 0.15;

async function switchTo(home: TestHome, profile: string): Promise<void> {
  const { code, stdout, stderr } = await home.run(['profile', profile, '--json']);
  assert.equal(code, 0, stderr);
  assert.equal(jsonLine(stdout).profile, profile);
}

describe('babysit profile', () => {
  const home = testHome({ after }, CONFIG);

  it('changes the cap of a running task, and its measured use of CPU', async () => {
    const command = 'while :; do :; done & while :; do :; done';
    await home.run(['run', '--name=burn', ...BURN, '--estimated_cpu_cores=1', `--command=${command}`]);
    const follower = home.start(['wait', 'burn', '--json'], LONG);
    const cores = async () => Number((await show(home, 'burn')).cpu_cores);
    await waitUntil(async () => (await cores()) > BUSY, { what: 'the task to burn' });
    const before = await show(home, 'burn');
    await switchTo(home, 'day');
    const after = await show(home, 'burn');
    assert.ok(Number(after.cpu_max_cores) < Number(before.cpu_max_cores) / 2);
    if (after.driver !== 'none')
      await waitUntil(async () => (await cores()) < 1.5 * Number(after.cpu_max_cores), {
        what: 'the task to be throttled',
      });
    await switchTo(home, 'normal');
    assert.equal((await show(home, 'burn')).cpu_max_cores, before.cpu_max_cores);
    if (after.driver !== 'none')
      await waitUntil(async () => (await cores()) > BUSY, { what: 'the task to burn again' });
    await home.run(['kill', '--force', 'burn']);
    await follower.done;
    const switches = jsonLines(follower.stderr()).filter(({ event }) => event === 'profile_switched');
    assert.deepEqual(
      switches.map(({ profile }) => profile),
      ['day', 'normal'],
    );
  });

  it('caps the sum of all tasks, although each cap allows more', async () => {
    const names = ['one', 'two'];
    for (const name of names)
      await home.run(['run', `--name=${name}`, ...BURN, '--estimated_cpu_cores=0.5', 'while :; do :; done']);
    const cores = async () => {
      const shown = await Promise.all(names.map((name) => show(home, name)));
      return shown.reduce((sum, task) => sum + Number(task.cpu_cores), 0);
    };
    await waitUntil(async () => (await cores()) > BUSY, { what: 'both to burn' });
    await switchTo(home, 'day');
    const { driver, cpu_max_cores } = await show(home, 'one');
    if (driver !== 'none')
      await waitUntil(async () => (await cores()) < 1.4 * Number(cpu_max_cores), {
        what: 'both together to be throttled to the cap of one',
      });
    await switchTo(home, 'normal');
    if (driver !== 'none')
      await waitUntil(async () => (await cores()) > BUSY, { what: 'both to burn again' });
    await home.run(['kill', '--force', ...names]);
  });

  it('gives new tasks its thread caps and niceness, and holds over a restart', async () => {
    await switchTo(home, 'day');
    const given = async (name: string) => {
      const { stdout, stderr } = await home.run(
        ['run', '--wait', ...BURN, `--name=${name}`, '--command=echo $OMP_NUM_THREADS $(nice)'],
        { env: { OMP_NUM_THREADS: undefined } },
      );
      assert.equal(jsonLine(stdout.slice(stdout.indexOf('{'))).status, 'completed', stderr);
      return (await home.run(['log', name])).stdout.trim();
    };
    const expected = '1 15';
    assert.equal(await given('before'), expected);
    await home.run(['daemon-restart']);
    const view = jsonLine((await home.run(['profile', '--json'])).stdout);
    assert.deepEqual([view.profile, view.by], ['day', 'hand']);
    assert.equal(jsonLine((await home.run(['status', '--json', '--full'])).stdout).profile, 'day');
    assert.equal(await given('after'), expected);
  });

  it('lets a task wait for the profile that gives enough, and it delays no other', async () => {
    await switchTo(home, 'day');
    const large = ['run', '--name=large', '--estimated_mem_bytes=32M', '--estimated_cpu_cores=1', 'true'];
    const denied = await home.run(large);
    assert.equal(denied.code, 2);
    const why = jsonLine(denied.stderr);
    assert.deepEqual([why.dim, why.blocked_by], ['profile', ['night']]);
    assert.match(String(why.expected_start), /^\d{4}-(01-01|12-31)T/);
    assert.equal((await home.run([...large, '--queue'])).code, 0);
    const small = ['--estimated_mem_bytes=32M', '--estimated_cpu_cores=0.05'];
    assert.equal((await home.run(['run', '--wait', ...small, 'true'])).code, 0);
    assert.equal(((await show(home, 'large')).waiting as { dim: string }).dim, 'profile');
    const { code, stderr } = await home.run([
      'run',
      ...small,
      '--estimated_cpu_cores=1000',
      '--queue',
      'true',
    ]);
    assert.equal(code, 0);
    assert.match(stderr, /1000 cores requested, reduced to/);
    await home.run(['kill', 'large']);
  });

  it('refuses an unknown profile with the nearest name', async () => {
    const { code, stderr } = await home.run(['profile', 'nigth', '--json']);
    assert.equal(code, 64);
    assert.equal(jsonLine(stderr).hint, 'Did you mean night?');
  });
});
