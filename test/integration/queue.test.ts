// The queue with real daemons and processes: fair, predictable, event-driven, and nothing lost or run twice.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { EVENT_MS, LONG, RARE_SAMPLES, SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine, jsonLines, type RunningCli } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid, processesOf } from '../support/processes.ts';
import { show, until, wholeHost } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Rig {
  readonly home: TestHome;
  /** The lines that tasks have written to `log`. */
  readonly lines: () => string[];
  readonly log: string;
  /** Request of a task that takes all cores. */
  readonly whole: { estimated_mem_bytes: string; estimated_cpu_cores: number; cpu_pct_limit: number };
  readonly wholeFlags: string[];
  /** Fills the host with `full`, which ends when `open` is called. */
  readonly fill: (...flags: string[]) => Promise<void>;
  readonly open: () => void;
}

async function rigOf(t: TestContext, config: object = {}): Promise<Rig> {
  const home = testHome(t, config);
  const [log, gate] = [`${home.work}/log`, `${home.work}/gate`];
  const cores = await wholeHost(home);
  const whole = { estimated_mem_bytes: '10M', estimated_cpu_cores: cores, cpu_pct_limit: 100 };
  const wholeFlags = Object.entries(whole).map(([key, value]) => `--${key}=${value}`);
  return {
    home,
    log,
    lines: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []),
    whole,
    wholeFlags,
    async fill(...flags) {
      const args = ['run', ...wholeFlags, ...flags, '--name=full', until(gate)];
      const { code, stderr } = await home.run(args);
      assert.equal(code, 0, stderr);
    },
    open: () => writeFileSync(gate, ''),
  };
}

async function batch(home: TestHome, requests: readonly object[], ...flags: string[]): Promise<void> {
  const stdin = requests.map((request) => `${JSON.stringify(request)}\n`).join('');
  const { code, stdout, stderr } = await home.run(['run', ...SMALL, ...flags, '--batch=-'], { stdin });
  assert.equal(code, 0, stdout + stderr);
}

async function wait(home: TestHome, ...refs: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await home.run(['wait', '--full', ...refs], LONG);
  assert.ok(code === 0 || code === 1, stderr);
  return jsonLines(stdout);
}

async function killDaemon(home: TestHome): Promise<void> {
  const { stdout } = await home.run(['daemon-start']);
  process.kill(jsonLine(stdout).pid as number, 'SIGKILL');
}

const at = (time: unknown) => Date.parse(String(time));

describe('the queue', () => {
  it('starts the only task of one owner before the other two hundred of another owner', async (t) => {
    const { home, lines, log, whole, wholeFlags, fill, open } = await rigOf(t);
    await fill('--owner=flood');
    const flood = Array.from({ length: 200 }, (_, n) => ({ ...whole, command: `echo flood-${n} >>${log}` }));
    await batch(home, flood, '--owner=flood');
    const one = ['run', '--queue', ...wholeFlags, '--owner=other', '--name=other', `echo other >>${log}`];
    assert.equal((await home.run(one)).code, 0);
    assert.equal(((await show(home, 'other')).waiting as { position: number }).position, 1);
    open();
    await wait(home, 'other');
    assert.equal(lines()[0], 'other');
  });

  it('starts a big task by its promised time under a stream of small ones', async (t) => {
    const { home, whole, wholeFlags } = await rigOf(t);
    const third = { ...whole, estimated_cpu_cores: Math.floor((whole.estimated_cpu_cores / 3) * 100) / 100 };
    // Each ends long before its estimate, so that there is always room for one more, and never for the big one.
    const small = { ...third, estimated_time: '10s', command: 'sleep 1' };
    const stream = (count: number) => batch(home, Array(count).fill(small), '--owner=stream');
    await stream(30);
    const big = ['run', '--queue', '--json', '--full', ...wholeFlags, '--owner=big', '--name=big', 'true'];
    const { waiting } = jsonLine((await home.run(big)).stdout);
    const promised = at((waiting as { latest_start: string }).latest_start);
    await stream(30);
    const [ended] = await wait(home, 'big');
    const started = at(ended?.started_at);
    assert.ok(started <= promised, `${started - promised} ms after the promise`);
    const rows = jsonLines((await home.run(['list', '--full'])).stdout);
    const later = rows.filter((row) => row.started_at === null || at(row.started_at) > started).length;
    assert.ok(later > 10, `only ${later} small tasks started later`);
    t.diagnostic(`started ${promised - started} ms before the time promised, ahead of ${later} small tasks`);
  });

  it('starts the next task when one ends, not at the next sample', async (t) => {
    const { home, whole, fill, open } = await rigOf(t, RARE_SAMPLES);
    await fill();
    const names = Array.from({ length: 16 }, (_, n) => `task-${n}`);
    await batch(
      home,
      names.map((name) => ({ ...whole, name, command: 'true' })),
    );
    open();
    const ended = await wait(home, ...names);
    const runs = ended.toSorted((a, b) => at(a.started_at) - at(b.started_at));
    const gapsMs = runs.slice(1).map((run, n) => at(run.started_at) - at(runs[n]?.ended_at));
    assert.equal(gapsMs.length, names.length - 1);
    for (const [n, gapMs] of gapsMs.entries())
      assert.ok(gapMs >= 0 && gapMs < EVENT_MS, `${gapMs} ms between run ${n} and the next`);
    gapsMs.sort((a, b) => a - b);
    t.diagnostic(`from one end to the next start: median ${gapsMs[7]} ms, longest ${gapsMs.at(-1)} ms`);
  });

  it('fails a chain of dependants with the first cause, and runs none of them', async (t) => {
    const { home, lines, log } = await rigOf(t);
    const chain = Array.from({ length: 50 }, (_, n) => ({
      name: `link-${n}`,
      command: `echo ${n} >>${log}; exit ${n === 0 ? 3 : 0}`,
      ...(n === 0 ? {} : { after: `link-${n - 1}` }),
    }));
    await batch(home, chain);
    const ended = await wait(home, ...chain.map(({ name }) => name));
    for (const { name, status, reason, message } of ended)
      if (name !== 'link-0')
        assert.deepEqual(
          [status, reason, message],
          ['failed', 'dependency_failed', 'its dependency "link-0" ended failed'],
        );
    assert.deepEqual([ended.length, lines()], [50, ['0']]);
  });
});

describe('six clients that wait for the whole host', () => {
  it('get it one after the other in order, when it is free and not at the next sample; a killed one loses its turn', async (t) => {
    const { home, whole, wholeFlags, fill, open } = await rigOf(t, RARE_SAMPLES);
    await fill();
    const size = ['--mem_bytes=10M', `--cpu_cores=${whole.estimated_cpu_cores}`];
    // The room is held until the run that takes it, however late that comes.
    const ask = ['wait_for_capacity', '--lease_ttl=10m', ...size];
    const waiters: RunningCli[] = [];
    for (let n = 1; n <= 6; n += 1) {
      const waiter = home.start(ask, LONG);
      await waitUntil(() => waiter.stderr() !== '', { what: `waiter ${n} to be queued` });
      assert.equal(jsonLines(waiter.stderr())[0]?.position, n);
      waiters.push(waiter);
    }
    const [third] = waiters.splice(2, 1);
    third?.kill('SIGKILL');
    await third?.done;
    open();
    let freeAt = at((await wait(home, 'full'))[0]?.ended_at);
    const waitsMs: number[] = [];
    for (const [turn, waiter] of waiters.entries()) {
      const { code, stdout } = await waiter.done;
      const waitMs = Date.now() - freeAt;
      waitsMs.push(waitMs);
      assert.ok(waitMs < EVENT_MS, `${waitMs} ms`);
      assert.equal(code, 0);
      const { leases } = jsonLine((await home.run(['status'])).stdout);
      assert.deepEqual(
        (leases as { id: string }[]).map(({ id }) => id),
        [jsonLine(stdout).lease],
      );
      for (const other of waiters.slice(turn + 1)) assert.equal(other.stdout(), '');
      const use = await home.run(['run', '--wait', '--full', ...wholeFlags, 'true']);
      assert.equal(use.code, 0, use.stderr);
      freeAt = at(jsonLine(use.stdout).ended_at);
    }
    t.diagnostic(`from the end of a task to the exit of the next waiter: ${waitsMs.join(', ')} ms`);
  });
});

describe('queued tasks and a daemon that is killed again and again', () => {
  const namesOf = (length: number) => Array.from({ length }, (_, n) => `task-${String(n).padStart(3, '0')}`);

  /** Waits until each has run, and kills the daemon four times in between. */
  async function allRunOnce({ home, lines }: Rig, names: readonly string[]): Promise<void> {
    for (const part of [0.05, 0.3, 0.6, 0.9]) {
      const count = Math.round(part * names.length);
      await waitUntil(() => lines().length >= count, { what: `${count} tasks to run` });
      process.kill(daemonPid(home), 'SIGKILL');
      await home.run(['daemon-start']);
    }
    const ended = await wait(home, ...names);
    assert.equal(ended.length, names.length);
    for (const { name, status } of ended) assert.equal(status, 'completed', String(name));
    assert.deepEqual(lines().toSorted(), names);
  }

  it('runs each of twenty exactly once, submitted one by one', async (t) => {
    const names = namesOf(20);
    const rig = await rigOf(t);
    const { home, log, fill, open } = rig;
    await fill();
    let accepted = 0;
    const left = [...names];
    const submitter = async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        // A submission that meets the end of the daemon is repeated; the key makes that harmless.
        const args = ['run', '--queue', ...SMALL, `--key=${name}`, `--name=${name}`, `echo ${name} >>${log}`];
        await waitUntil(async () => (await home.run(args)).code === 0, {
          what: `${name} to be accepted`,
        });
        accepted += 1;
      }
    };
    const killer = async () => {
      for (const count of [4, 10, 16]) {
        await waitUntil(() => accepted >= count, { what: `${count} submissions` });
        await killDaemon(home);
      }
    };
    await Promise.all([submitter(), submitter(), submitter(), killer()]);
    await home.run(['daemon-start']);
    open();
    await allRunOnce(rig, names);
  });

  it('runs each of fifty exactly once, submitted as a batch that is sent twice', async (t) => {
    const names = namesOf(50);
    const rig = await rigOf(t);
    const { home, log, fill, open } = rig;
    await fill();
    const requests = names.map((name) => ({ name, key: name, command: `echo ${name} >>${log}` }));
    await batch(home, requests);
    await killDaemon(home);
    await batch(home, requests);
    open();
    await allRunOnce(rig, names);
  });
});

describe('tasks inside a task', () => {
  it('build with make on a full host, one after another where the estimate ends, and end with a kill', async (t) => {
    const { home, wholeFlags } = await rigOf(t);
    // Each client that waits inside takes about 12 MB of it.
    const outer = [...wholeFlags, '--estimated_mem_bytes=256M'];
    const { work } = home;
    const recipe = (name: string, line: string) =>
      `${name}:\n\t@'${BABYSIT}' run --wait ${wholeFlags.join(' ')} --name=$@ --command='${line}'\n`;
    writeFileSync(`${work}/Makefile`, `all: a b\n${['a', 'b'].map((n) => recipe(n, 'sleep 0.1')).join('')}`);
    writeFileSync(
      `${work}/endless`,
      `all: d e\n${recipe('d', 'setsid sleep 600')}${recipe('e', 'sleep 600')}`,
    );
    const built = await home.run(['run', '--wait', ...outer, '--name=make', 'make -s -j2'], LONG);
    assert.equal(built.code, 0, built.stdout + built.stderr);
    const rows = jsonLines((await home.run(['list', '--tree', '--full'])).stdout);
    assert.deepEqual(rows.map(({ name, parent, status }) => [name, parent, status]).slice(0, 1), [
      ['make', null, 'completed'],
    ]);
    const inner = rows.slice(1).sort((a, b) => at(a.started_at) - at(b.started_at));
    assert.deepEqual(
      inner.map(({ parent, status }) => [parent, status]),
      Array(2).fill(['make', 'completed']),
    );
    for (const [index, { started_at }] of inner.entries())
      if (index > 0) assert.ok(at(started_at) >= at(inner[index - 1]?.ended_at) - 50, JSON.stringify(inner));

    await home.run(['run', ...outer, '--name=endless', 'make -s -j2 -f endless']);
    const areThere = async () => {
      const all = jsonLines((await home.run(['list', '--full'])).stdout).map(({ status }) => status);
      const count = (wanted: string) => all.filter((status) => status === wanted).length;
      return count('running') === 2 && count('pending') === 1;
    };
    await waitUntil(areThere, { what: 'endless and one task inside it to run, and one to wait' });
    await killDaemon(home);
    await home.run(['kill', 'endless']);
    const [endless, ...others] = await wait(home, 'endless', 'd', 'e').then((all) =>
      all.sort((a) => (a.name === 'endless' ? -1 : 1)),
    );
    assert.deepEqual(
      [endless?.kill_reason, others.map(({ kill_reason }) => kill_reason)],
      ['manual', ['parent_killed', 'parent_killed']],
    );
    const daemon = `${daemonPid(home)} `;
    assert.deepEqual(
      processesOf(work).filter((line) => !line.startsWith(daemon)),
      [],
    );
  });
});
