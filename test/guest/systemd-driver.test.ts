// --driver=systemd and --journal with the real systemd of a user. test/integration/tasks.test.ts runs with this driver
// too, in the same guest.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { daemonApi } from '../support/daemon-api.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Run by test/integration/guest-systemd.test.ts in the guest that has one; there a skip is a failure. */
const RUNTIME_DIR = process.env.XDG_RUNTIME_DIR ?? '';
const hasManager = process.getuid?.() !== 0 && existsSync(join(RUNTIME_DIR, 'systemd', 'private'));
const REQUEST = {
  driver: 'systemd',
  estimated_mem_bytes: '64M',
  estimated_cpu_cores: 0.2,
  estimated_time: '10m',
} as const;

function output(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' });
}

async function journalOf(match: string[], what: RegExp): Promise<string> {
  const read = () => output('journalctl', '--user', '--quiet', '--output=cat', ...match);
  await waitUntil(() => what.test(read()), { what: `${what} in the journal` });
  return read();
}

describe('a task as a unit of systemd', {
  skip: hasManager ? false : 'there is no systemd of a user',
}, () => {
  const home = testHome({ after });
  // A process for each command would take longer in the guest than what it asks for.
  const api = daemonApi(home, REQUEST);
  /** The name of its unit, once the command has begun. */
  const begun = async (name: string): Promise<string> => {
    await waitUntil(async () => (await api.task(name)).started_at !== null, { what: `${name} to begin` });
    return String((await api.task(name)).unit);
  };
  before(async () => {
    assert.equal((await home.run(['daemon-start'])).code, 0);
  });

  it('is shown by systemctl with its caps, and follows adjust', async () => {
    const go = join(home.work, 'go');
    await api.run('a@task', `echo from the task; ${until(go)}; exit 3`);
    const unit = await begun('a@task');
    assert.match(unit, /^babysit-a_task-t-\w+-1\.service$/);
    const show = (property: string) =>
      output('systemctl', '--user', 'show', unit, '--value', '-p', property).trim();
    assert.deepEqual(['ActiveState', 'Slice', 'MemoryMax', 'MemorySwapMax', 'CPUQuotaPerSecUSec'].map(show), [
      'active',
      'babysit.slice',
      String(3 * 64 * 1024 ** 2),
      '0',
      '600ms',
    ]);
    assert.match(
      output('systemctl', '--user', 'status', unit, '--no-pager'),
      /babysit task a@task[\s\S]*task\n/,
    );
    const cap = `/sys/fs/cgroup${show('ControlGroup')}/task/memory.max`;
    assert.equal(readFileSync(cap, 'utf8').trim(), show('MemoryMax'));

    await api.change('a@task', 'adjust', { estimated_mem_bytes: '100M' });
    await waitUntil(() => show('MemoryMax') === String(3 * 100 * 1024 ** 2), {
      what: 'the cap of the unit to follow',
    });
    assert.equal(readFileSync(cap, 'utf8').trim(), show('MemoryMax'));

    writeFileSync(go, '');
    assert.equal((await api.ended('a@task')).task.exit_code, 3);
    const journal = await journalOf(['--unit', unit], /Failed with result/);
    assert.match(journal, /from the task\n[\s\S]*code=exited, status=3/);
    assert.equal(show('ActiveState'), 'inactive');
  });

  it('survives its daemon, and the next one reports its exit code', async () => {
    const go = join(home.work, 'go-on');
    await api.run('survivor', `${until(go)}; echo done; exit 4`);
    const unit = await begun('survivor');
    process.kill(daemonPid(home), 'SIGKILL');
    assert.equal(output('systemctl', '--user', 'is-active', unit).trim(), 'active');
    writeFileSync(go, '');
    await journalOf(['--unit', unit], /status=4/);
    assert.equal((await home.run(['daemon-start'])).code, 0);
    const ended = (await api.ended('survivor')).task;
    assert.equal(ended.exit_code, 4);
    assert.ok(
      Number(ended.peak_mem_bytes) > 0,
      'its counters have gone with the unit, their copies have not',
    );
  });

  it('applies an adjust that comes while its unit is being started', async () => {
    await api.run('early', 'sleep 600');
    await api.change('early', 'adjust', { estimated_mem_bytes: '100M' });
    const unit = await begun('early');
    const group = output('systemctl', '--user', 'show', unit, '--value', '-p', 'ControlGroup').trim();
    const cap = () => readFileSync(`/sys/fs/cgroup${group}/task/memory.max`, 'utf8').trim();
    await waitUntil(() => cap() === String(3 * 100 * 1024 ** 2), { what: 'the cap to follow' });
    await api.change('early', 'kill', { force: true });
  });

  it('is killed by systemd when systemctl stops or kills it', async () => {
    for (const [name, signal, ...verb] of [
      ['stopped', 'SIGTERM', 'stop'],
      ['shot', 'SIGKILL', 'kill', '--signal=KILL'],
    ] as const) {
      await api.run(name, 'sleep 600');
      output('systemctl', '--user', ...verb, await begun(name));
      const ended = (await api.ended(name)).task;
      assert.deepEqual([ended.status, ended.signal, ended.kill_reason], ['killed', signal, 'manual']);
      assert.deepEqual(ended.kill_detail, { by: 'systemd' });
    }
  });

  it('writes its output to the journal without a unit too', async () => {
    await api.run('noted', 'printf "one\\ntwo\\nlast"', { driver: 'auto', journal: true });
    assert.equal((await api.ended('noted')).task.status, 'completed');
    assert.equal(await journalOf(['--identifier=noted'], /last/), 'one\ntwo\nlast\n');
    assert.equal(await api.log('noted'), 'one\ntwo\nlast');
  });
});
