// babysit run.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { readByShell } from '../support/read-by-shell.ts';
import { show, until, wholeHostFlags } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

async function hostOf(home: TestHome): Promise<Record<string, unknown>> {
  return jsonLine((await home.run(['status', '--full'])).stdout).host as Record<string, unknown>;
}

describe('run', () => {
  const home = testHome({ after });
  /** Its first task takes all cores. */
  const full = testHome({ after }, { admission: { max_running: 100 } });

  it('prints exactly one line to stdout, says that it started, and returns while the task lives', async () => {
    const { code, stdout, stderr } = await home.run(['run', ...SMALL, '--name=nap', 'sleep 600']);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 0, stdout: 'queued: nap\n', stderr: 'babysit: nap started\n' },
    );
    assert.equal((await show(home, 'nap')).ended_at, null);
    const assumed = await home.run(['run', '--queue', '--name=bare', '--estimated_mem_bytes=64M', 'true']);
    assert.match(
      assumed.stderr,
      /^babysit: assumed 10m, \S+ cores?; killed after 20m or 5m without output, or far above an estimate\nbabysit: bare /,
    );
    await home.run(['wait', 'bare']);
    const taken = await home.run(['run', ...SMALL, '--name=nap', 'true']);
    assert.equal(taken.code, 1);
    assert.equal(jsonLine(taken.stderr).error, 'name_taken');
  });

  it('makes a name when the caller gives none, and prints the task with --json', async () => {
    const { code, stdout } = await home.run([
      'run',
      ...SMALL,
      '--json',
      '--full',
      '--',
      'echo',
      'a b',
      '$HOME',
    ]);
    assert.equal(code, 0);
    const task = jsonLine(stdout);
    assert.match(String(task.name), /^echo/);
    assert.equal(task.project, realpathSync(home.work));
    await home.run(['wait', String(task.id)]);
    assert.equal((await home.run(['log', String(task.id)])).stdout, 'a b $HOME\n');
  });

  it('gives the task the environment and directory of its caller, and --env on top', async () => {
    const dir = join(home.work, 'deep', 'er');
    mkdirSync(dir, { recursive: true });
    mkdirSync(join(home.work, 'deep', '.git'));
    const script = 'echo "$PWD|$MINE|$OVER|$BABYSIT_NODE|$OMP_NUM_THREADS"';
    const run = await home.run(
      ['run', ...SMALL, '--json', '--full', '--env', 'OVER=new', '--command', script],
      {
        cwd: dir,
        env: { MINE: 'a=b', OVER: 'old' },
      },
    );
    const task = jsonLine(run.stdout);
    assert.equal(task.project, join(home.work, 'deep'));
    await home.run(['wait', String(task.id)]);
    assert.equal((await home.run(['log', String(task.id)])).stdout, `${dir}|a=b|new||1\n`);
  });

  it('--id_file holds the id when it returns, and refuses a file that cannot be written', async () => {
    const file = join(home.work, 'id');
    writeFileSync(file, 'an older and longer text that is replaced as a whole\n');
    const run = await home.run(['run', ...SMALL, '--json', `--id_file=${file}`, 'true']);
    assert.equal(readFileSync(file, 'utf8'), `${jsonLine(run.stdout).id}\n`);
    const refused = await home.run(['run', ...SMALL, '--name=no', '--id_file=/proc/no/id', 'true']);
    assert.equal(refused.code, 64);
    assert.equal((await home.run(['status', 'no'])).code, 1);
    assert.equal((await home.run(['run', ...SMALL, '--name=no', `--id_file=${file}`, ''])).code, 64);
    assert.deepEqual(
      readdirSync(home.work).filter((name) => name.startsWith('id')),
      ['id'],
    );
  });

  it('--wait prints the name on stderr and the result on stdout, and exits as wait does', async () => {
    const go = join(home.work, 'go');
    const waiting = home.start(['run', ...SMALL, '--wait', '--name=good', until(go)]);
    await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the started event' });
    writeFileSync(go, '');
    const good = await waiting.done;
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stderr, /^queued: good\n\{"event":"started"/);
    assert.equal(jsonLine(good.stdout).status, 'completed');
    const bad = await home.run(['run', ...SMALL, '--wait', '--tail=2', 'seq 20; exit 7']);
    assert.equal(bad.code, 1);
    const { status, exit_code, log_tail } = jsonLine(bad.stdout);
    assert.deepEqual([status, exit_code, log_tail], ['failed', 7, ['19', '20']]);
  });

  it('soft-denies with one JSON line on stderr', async () => {
    const limit = (jsonLine((await full.run(['status'])).stdout).cpu_limit_cores as number).toString();
    const cores = ['--estimated_mem_bytes=10M', '--cpu_pct_limit=100', `--estimated_cpu_cores=${limit}`];
    assert.equal((await full.run(['run', ...cores, '--name=first', 'sleep 600'])).code, 0);
    const { code, stdout, stderr } = await full.run(['run', ...cores, '--name=second', 'sleep 600']);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    const denial = jsonLine(stderr);
    assert.deepEqual(Object.keys(denial).slice(0, 2), ['error', 'dim']);
    for (const key of [
      'requested',
      'available',
      'limit',
      'blocked_by',
      'expected_start',
      'latest_start',
      'hint',
      'suggested_command',
    ])
      assert.ok(key in denial, key);
    assert.deepEqual([denial.error, denial.dim, denial.blocked_by], ['capacity_exceeded', 'cpu', ['first']]);
    // A test takes no place in the queue, and has the same start.
    const test = await full.run(['run', ...cores, '--test_only', '--name=second', 'sleep 600']);
    const { test_only, starts_now, dim, blocked_by } = jsonLine(test.stdout);
    assert.deepEqual([test.code, test_only, starts_now, dim, blocked_by], [0, true, false, 'cpu', ['first']]);
    const small = await full.run(['run', '--test_only', '--force', ...cores, 'true']);
    assert.equal(jsonLine(small.stdout).starts_now, true);
    assert.equal((await full.run(['run', '--test_only', '--wait', 'true'])).code, 64);
    // A soft-deny stores nothing, the suggested flag works, and a pending task names what it waits for.
    assert.equal((await full.run(['status', 'second'])).code, 1);
    const queued = await full.run(['run', ...cores, '--queue', '--name=second', 'true']);
    assert.deepEqual([queued.code, queued.stdout], [0, 'queued: second\n']);
    assert.match(
      queued.stderr,
      /^babysit: assumed 10m; killed after .*\nbabysit: second starts in about \d+m \(behind first\)\n$/,
    );
    const pending = jsonLine((await full.run(['status', 'second'])).stdout);
    assert.equal(pending.status, 'pending');
    assert.deepEqual((pending.waiting as { blocked_by: string[] }).blocked_by, ['first']);
  });

  it('suggests a command that runs the same task with every flag that was given', async () => {
    const cores = await wholeHostFlags(full);
    assert.equal((await full.run(['kill', 'second'])).code, 0);
    const dir = join(full.work, "it's here");
    mkdirSync(dir);
    const more = [`--cwd=${dir}`, '--env=A=b c', '--tag=x,y', '--context={"pr":7}', '--owner=me', '--wait'];
    const denied = await full.run([
      'run',
      '--full',
      ...cores,
      ...more,
      '--name=third',
      '--',
      'sh',
      '-c',
      'echo "$A $PWD"',
    ]);
    assert.equal(denied.code, 2, denied.stderr);
    const [program, ...argv] = readByShell(String(jsonLine(denied.stderr).suggested_command));
    assert.deepEqual([program, ...argv.slice(0, 2)], ['babysit', 'run', '--queue']);
    const waiting = full.start(argv);
    await waitUntil(() => waiting.stderr().includes('queued: third'), { what: 'the name' });
    const { tags, context, owner } = await show(full, 'third');
    assert.deepEqual([tags, context, owner], [['x', 'y'], { pr: 7 }, 'me']);
    await full.run(['kill', 'first']);
    assert.equal((await waiting.done).code, 0, waiting.stderr());
    assert.equal((await full.run(['log', 'third'])).stdout, `b c ${dir}\n`);
  });

  it('names the limit that makes an estimate infeasible', async () => {
    const { code, stdout, stderr } = await home.run(['run', '--estimated_mem_bytes=900T', 'true']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    const { error, dim, limit, raise, message } = jsonLine(stderr);
    const total = Number((await hostOf(home)).mem_total_bytes);
    assert.deepEqual([error, dim, limit, raise], ['infeasible', 'mem', Math.floor(0.4 * total), null]);
    assert.match(String(message), /^--estimated_mem_bytes=900T can never be met: the limit is \d/);
  });

  it('takes the owner from the flag, else from the agent session', async () => {
    const env = { CLAUDE_CODE_SESSION_ID: 'session-1' };
    const own = jsonLine((await home.run(['run', ...SMALL, '--json', '--full', 'true'], { env })).stdout);
    assert.equal(own.owner, 'session-1');
    const other = jsonLine(
      (await home.run(['run', ...SMALL, '--json', '--full', '--owner=me', 'true'], { env })).stdout,
    );
    assert.equal(other.owner, 'me');
  });

  it('shows the environment in no answer and no log', async () => {
    await home.run(['run', ...SMALL, '--wait', '--name=x', 'true'], { env: { TOKEN_X: 'hush-hush' } });
    const shown = await Promise.all([home.run(['status', 'x', '--full']), home.run(['list', '--full'])]);
    for (const { stdout } of shown) {
      assert.match(stdout, /"name":"x"/);
      assert.doesNotMatch(stdout, /hush-hush/);
    }
    assert.doesNotMatch(readFileSync(join(home.dir, 'daemon.log'), 'utf8'), /hush-hush/);
  });

  it('refuses an unknown driver, and a unit on a host without systemd', async () => {
    assert.equal((await home.run(['run', ...SMALL, '--driver=v2', 'true'])).code, 64);
    // With systemd, test/guest/systemd-driver.test.ts covers --driver=systemd.
    if (existsSync('/run/systemd/system')) return;
    const unit = await home.run(['run', ...SMALL, '--driver=systemd', 'true']);
    assert.equal(unit.code, 1);
    const error = jsonLine(unit.stderr);
    assert.equal(error.error, 'no_systemd');
    assert.match(String(error.hint), /--driver=systemd/);

    const noted = await home.run(['run', ...SMALL, '--wait', '--journal', '--name=noted', 'echo said']);
    assert.equal(noted.code, 0, noted.stderr);
    assert.match(noted.stderr, /^babysit: this host has no systemd journal/);
    assert.equal((await home.run(['log', 'noted'])).stdout, 'said\n');
  });
});
