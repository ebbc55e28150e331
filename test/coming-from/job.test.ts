// docs/guide/coming-from.md, From job.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';
import { BUILD_LOG, exerciseSection } from './exercise.ts';

const names = (text: string) => jsonLines(text).map(({ name }) => name);

exerciseSection('From job', {
  async '`run "cmd"`'({ sh, api }, command) {
    const { stdout } = await sh(command);
    const [, name = ''] = /^queued: (build\.sh-\d{4}-\d{6})\n$/.exec(stdout) ?? [];
    assert.equal((await api.ended(name)).task.status, 'completed');
    assert.equal(await api.log(name), BUILD_LOG);
  },
  async '`run --name`'({ sh, api }, command) {
    assert.equal((await sh(command)).stdout, 'queued: build\n');
    assert.equal((await api.ended('build')).task.name, 'build');
  },
  async '`run --timeout`'({ sh, api }, command) {
    await sh(command);
    const { status, kill_reason } = (await api.ended('train')).task;
    assert.deepEqual([status, kill_reason], ['killed', 'elapsed_exceeded']);
  },
  async '`run --context JSON`'({ sh, api }, command) {
    await sh(command);
    assert.deepEqual((await api.ended('build')).task.context, { issue: 7 });
    const listed = jsonLines((await sh('babysit list --columns=name,context')).stdout);
    assert.deepEqual(listed.at(-1), { name: 'build', context: { issue: 7 } });
  },
  async '`run --key`, idempotent'({ sh, api }, command) {
    const first = jsonLine((await sh(command)).stdout);
    await api.ended(String(first.id));
    const second = jsonLine((await sh(command)).stdout);
    assert.deepEqual(
      [first.deduplicated, second.deduplicated, second.id, second.attempt],
      [undefined, true, first.id, 1],
    );
  },
  async '`run --wait`'({ sh }, command) {
    assert.equal(jsonLine((await sh(command)).stdout).status, 'completed');
    assert.equal(jsonLine((await sh(`${command.slice(0, -1)}; exit 7'`, {}, 1)).stdout).exit_code, 7);
  },
  async '`list`, of this project'({ sh, api, home, project }, command) {
    const other = join(home.work, 'other');
    const below = join(project, 'deep');
    for (const dir of [other, below]) mkdirSync(dir);
    await api.run('elsewhere', 'sleep 600', { cwd: other, project: other });
    await api.run('here', 'sleep 600');
    for (const cd of ['', 'cd deep; ']) {
      const listed = names((await sh(cd + command)).stdout);
      assert.deepEqual([listed.includes('here'), listed.includes('elsewhere')], [true, false]);
    }
    assert.deepEqual(names((await sh(`cd ${other}; ${command}`)).stdout), ['elsewhere']);
  },
  async '`list --all_projects`'({ sh, api, home }, command) {
    await api.run('elsewhere', 'sleep 600', { cwd: home.work, project: home.work });
    await api.run('here', 'sleep 600');
    const listed = names((await sh(command)).stdout);
    assert.ok(listed.includes('here') && listed.includes('elsewhere'), String(listed));
  },
  async '`list --status`'({ sh, api, runToEnd }, command) {
    await api.run('live', 'sleep 600');
    await runToEnd('good', 'true');
    await runToEnd('bad', 'false');
    const listed = jsonLines((await sh(command)).stdout);
    assert.ok(listed.some(({ name }) => name === 'bad'));
    assert.ok(listed.every(({ status }) => status === 'failed' || status === 'killed'));
  },
  async '`list --json`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    const last = jsonLines((await sh(command)).stdout).at(-1);
    assert.deepEqual([last?.name, last?.status, last?.exit_code], ['build', 'completed', 0]);
  },
  async '`status` of the system'({ sh, api }, command) {
    await api.run('train', './train.sh');
    const view = jsonLine((await sh(command)).stdout);
    assert.deepEqual(view.tasks, { running: 1, paused: 0, pending: 0, tickets: 0 });
    assert.deepEqual(
      (view.running as { name: string }[]).map(({ name }) => name),
      ['train'],
    );
    const { capacity } = await api.status();
    assert.deepEqual(
      [view.mem_limit_bytes, view.cpu_limit_cores],
      [capacity.mem_limit_bytes, capacity.cpu_limit_cores],
    );
  },
  async '`status` of a task by name'({ sh, api, runToEnd }, command) {
    await runToEnd('build', 'false');
    const { id } = await api.run('build', 'sleep 600');
    const view = jsonLine((await sh(command)).stdout);
    assert.deepEqual([view.id, view.status], [id, 'running']);
  },
  async '… by id'({ sh, runToEnd }, command) {
    const { id } = await runToEnd('build', './build.sh');
    assert.equal(jsonLine((await sh(command, { id })).stdout).id, id);
  },
  async '… by the beginning of its id'({ sh, runToEnd }, command) {
    const { id } = await runToEnd('build', './build.sh');
    assert.equal(jsonLine((await sh(command, { id })).stdout).id, id);
  },
  async '… ambiguous: an error with the ids'({ sh, runToEnd }, command) {
    const { id } = await runToEnd('one', 'true');
    const other = await runToEnd('two', 'true');
    // The command gives two characters, so that the tasks of all rows match: the error lists the newest ten.
    const all = jsonLines((await sh('babysit list --all --columns=id')).stdout).map((row) => String(row.id));
    const newest = all.filter((each) => each.startsWith(id.slice(0, 2))).toReversed();
    assert.deepEqual(newest.slice(0, 2), [other.id, id]);
    const { error, candidates } = jsonLine((await sh(command, { id }, 1)).stderr);
    assert.deepEqual(
      [error, (candidates as { id: string }[]).map((candidate) => candidate.id)],
      ['ambiguous', newest.slice(0, 10)],
    );
  },
  async '`logs`'({ sh, runToEnd }, command) {
    await runToEnd('build', 'seq 20; ./build.sh');
    assert.equal(
      (await sh(command)).stdout,
      `${Array.from({ length: 11 }, (_, n) => `${n + 10}\n`).join('')}${BUILD_LOG}`,
    );
  },
  async '`logs --tail N`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.equal((await sh(command)).stdout, 'step 3\nbuilt\n');
  },
  async '`logs --follow`'({ start, api }, command) {
    await api.run('train', `echo first; ${until('go')}; echo last`);
    const following = start(command);
    await waitUntil(() => following.stdout() === 'first\n', { what: 'the first line' });
    await api.ended((await api.run('go', 'touch go')).id);
    const { code, stdout } = await following.done;
    assert.deepEqual([code, stdout], [0, 'first\nlast\n']);
  },
  async '`stop`'({ sh, api, project }, command) {
    const polite = `trap 'touch stopped; exit 0' TERM; echo ready; while :; do sleep 0.02; done`;
    await api.run('train', polite);
    await waitUntil(async () => (await api.log('train')) === 'ready\n', { what: 'the trap' });
    await sh(command);
    const { status, kill_reason, stopped_gracefully } = (await api.ended('train')).task;
    assert.deepEqual([status, kill_reason, stopped_gracefully], ['killed', 'manual', true]);
    assert.ok(existsSync(join(project, 'stopped')));
  },
  async '`stop --force`'({ sh, api }, command) {
    await api.run('train', `trap '' TERM; while :; do sleep 1; done`);
    await sh(command);
    const { status, signal } = (await api.ended('train')).task;
    assert.deepEqual([status, signal], ['killed', 'SIGKILL']);
  },
  async '`wait`'({ start, api }, command) {
    await api.run('build', until('ended'));
    const waiting = start(command);
    await waitUntil(() => waiting.stderr().includes('"started"'), { what: 'the wait' });
    await api.run('end', 'touch ended');
    const { code, stdout } = await waiting.done;
    assert.deepEqual([code, jsonLine(stdout).status], [0, 'completed']);
  },
  async '`wait --timeout`, exit 124'({ sh, api }, command) {
    await api.run('train', './train.sh');
    const { stdout } = await sh(command, {}, 124);
    assert.equal(stdout, '');
    assert.equal((await api.task('train')).status, 'running');
  },
  async '`retry`'({ sh, api, runToEnd, home }, command) {
    const first = await runToEnd('build', '[ -e fixed ] || { echo broken; exit 3; }; echo fixed');
    await api.ended((await api.run('fix', 'touch fixed')).id);
    await sh(command);
    const { task } = await api.ended('build');
    assert.deepEqual([task.id, task.attempt, task.status], [first.id, 2, 'completed']);
    assert.deepEqual(
      task.history.map(({ attempt, exit_code }) => [attempt, exit_code]),
      [[1, 3]],
    );
    assert.equal(await api.log('build'), 'fixed\n');
    assert.equal(readFileSync(join(home.dir, 'tasks', task.id, '1.log'), 'utf8'), 'broken\n');
  },
  async '`clean --older_than`'({ sh, runToEnd }, command) {
    const { id } = await runToEnd('build', './build.sh');
    assert.deepEqual(jsonLine((await sh(command)).stdout), { removed: 0, dry_run: false, names: [] });
    await sh(command.replace('7d', '1ms'));
    assert.equal(jsonLine((await sh(`babysit status ${id}`, {}, 1)).stderr).error, 'not_found');
  },
  async '`clean --all`'({ sh, api, runToEnd, home }, command) {
    const { id } = await runToEnd('build', './build.sh');
    await api.run('train', './train.sh');
    assert.ok(Number(jsonLine((await sh(command)).stdout).removed) >= 1);
    assert.deepEqual(names((await sh('babysit list --all')).stdout), ['train']);
    assert.ok(!existsSync(join(home.dir, 'tasks', id)));
  },
  async '`skills install`'({ sh, home }, command) {
    await sh(command, { CLAUDE_CONFIG_DIR: '' });
    assert.match(
      readFileSync(join(home.work, '.claude/skills/babysit/SKILL.md'), 'utf8'),
      /^---\nname: babysit\n/,
    );
  },
});
