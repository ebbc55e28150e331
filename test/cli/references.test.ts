// How commands find the tasks that they name: projects, patterns and tags.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('a name', () => {
  const home = testHome({ after });
  const project = (name: string) => {
    const dir = join(home.work, name);
    mkdirSync(join(dir, '.git'), { recursive: true });
    return (...args: string[]) => home.run(args, { cwd: dir });
  };

  it('refers to a task of the project of the caller first, for every verb', async () => {
    const [a, b] = [project('a'), project('b')];
    await a('run', '--wait', ...SMALL, '--name=build', 'echo of a; exit 3');
    await a('run', ...SMALL, '--name=lint', 'sleep 600');
    await b('run', ...SMALL, '--name=build', 'echo of b; sleep 600');
    await b('run', '--wait', ...SMALL, '--name=lint', 'true');

    assert.equal((await a('logs', 'build')).stdout, 'of a\n');
    assert.equal(jsonLine((await a('wait', 'build')).stdout).exit_code, 3);
    assert.equal(jsonLine((await b('stop', 'lint')).stderr).error, 'already_ended');
    assert.equal(jsonLine((await a('status', 'lint')).stdout).status, 'running');
    assert.equal((await a('retry', 'build')).code, 0);
    assert.equal(jsonLine((await a('wait', 'build')).stdout).attempt, 2);
    assert.equal(jsonLine((await b('status', 'build', '--full')).stdout).attempt, 1);
  });

  it('that fits twice elsewhere is ambiguous, and --all_projects asks for that', async () => {
    const [a, c] = [project('a'), project('c')];
    const { id } = jsonLine((await a('status', 'build')).stdout);
    for (const args of [
      ['kill', 'build'],
      ['wait', 'build'],
      ['log', 'build'],
    ]) {
      const { code, stderr } = await c(...args);
      const { error, candidates } = jsonLine(stderr) as { error: string; candidates: { id: string }[] };
      assert.deepEqual([code, error, candidates.length], [1, 'ambiguous', 2]);
      assert.ok(candidates.some((candidate) => candidate.id === id));
    }
    assert.equal(jsonLine((await a('status', 'build', '--all_projects')).stderr).error, 'ambiguous');
    assert.equal(jsonLine((await c('status', String(id))).stdout).name, 'build');
  });
});

describe('a pattern or a tag', () => {
  const home = testHome({ after }, { admission: { max_running: 2 } });
  const run = (...args: string[]) => home.run(args);

  it('of a batch selects its tasks for every verb, and answers in few lines', async () => {
    const go = `${home.work}/go`;
    const stdin = Array.from({ length: 6 }, (_, n) =>
      JSON.stringify({
        name: `item-${n + 1}`,
        command: `echo line ${n + 1}; ${until(go)}; exit ${n === 2 ? 3 : 0}`,
      }),
    ).join('\n');
    const batch = await home.run(['run', ...SMALL, '--tag=sweep', '--batch=-'], { stdin });
    const receipt = jsonLine(batch.stdout);
    assert.deepEqual([receipt.count, receipt.first, receipt.last], [6, 'item-1', 'item-6']);
    assert.equal(receipt.next, `babysit wait --summary --tag=${receipt.batch}`);
    await submit(home, 'other', until(go), '--queue');

    const rows = jsonLines((await run('list')).stdout);
    assert.deepEqual(
      rows.map((row) => row.name ?? [row.batch, row.count, row.first, row.last]),
      ['item-1', 'item-2', [receipt.batch, 4, 'item-3', 'item-6'], 'other'],
    );
    assert.equal(jsonLines((await run('list', '--tag=sweep', '--full')).stdout).length, 6);

    assert.deepEqual(jsonLine((await run('adjust', 'item-[56]', '--priority=-1')).stdout), {
      verb: 'adjust',
      count: 2,
      first: 'item-5',
      last: 'item-6',
      status: { pending: 2 },
    });
    assert.equal(jsonLine((await run('pause', '--tag=sweep')).stdout).count, 2);
    assert.equal(jsonLine((await run('resume', 'item-*')).stdout).count, 2);
    assert.equal(jsonLines((await run('kill', 'item-[56]', '--full')).stdout).length, 2);
    const nothing = await run('resume', 'item-*');
    assert.deepEqual([nothing.code, jsonLine(nothing.stderr).error], [1, 'not_found']);

    const following = home.start(['log', 'item-4', '--follow']);
    await waitUntil(() => following.stderr().includes('log_waits'), { what: 'the note that it waits' });
    const waiting = home.start(['wait', '--summary', `--tag=${receipt.batch}`]);
    writeFileSync(go, '');
    const { code, stdout, stderr } = await waiting.done;
    assert.deepEqual([code, stderr], [1, '']);
    const results = jsonLines(stdout);
    assert.deepEqual(
      results.map(({ name, status, count, first, last }) => name ?? [status, count, first, last]).toSorted(),
      [['completed', 3, 'item-1', 'item-4'], 'item-3', ['killed', 2, 'item-5', 'item-6']],
    );
    assert.deepEqual([(await following.done).stdout, (await following.done).code], ['line 4\n', 0]);

    const ended = jsonLines((await run('list')).stdout).find(({ batch: of }) => of === receipt.batch) ?? {};
    assert.deepEqual(
      [ended.status, ended.not_completed],
      [{ completed: 3, failed: 1, killed: 2 }, ['item-3', 'item-5', 'item-6']],
    );
    assert.equal(jsonLines((await run('list', '--status=killed')).stdout).length, 2);

    const logs = await run('log', 'item-1', 'item-4');
    assert.equal(logs.stdout, 'item-1 | line 1\nitem-4 | line 4\n');
    assert.equal((await run('log', '--tag=sweep', '--grep=4')).stdout, 'item-4 | line 4\n');

    assert.deepEqual(jsonLine((await run('retry', '--tag=sweep')).stdout).count, 3);
    assert.equal((await run('wait', 'item-*', '--summary')).code, 1);
    const cleaned = jsonLine((await run('clean', 'item-[12]', 'item-5')).stdout);
    assert.deepEqual(
      [cleaned.removed, (cleaned.names as string[]).toSorted()],
      [3, ['item-1', 'item-2', 'item-5']],
    );
    assert.equal(jsonLine((await run('clean', '--tag=sweep')).stdout).removed, 3);
    assert.equal(jsonLine((await run('clean', 'nothing')).stderr).error, 'not_found');
    assert.deepEqual(
      jsonLines((await run('list')).stdout).map(({ name }) => name),
      ['other'],
    );
  });
});
