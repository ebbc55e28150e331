// The verbs end to end over HTTP: from the request through admission and the database to the answer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aRun } from '../../test/support/build/build-run.ts';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { anExit, GIB } from '../../test/support/build/build-task.ts';
import { SETTING_KEYS } from '../config/settings.ts';

describe('run', () => {
  it('queues a task that does not fit when asked to, and shows why it waits', async (t) => {
    const { run, ask } = serviceOf(t);
    const { status, body } = await run({ name: 'build', queue: true });
    assert.deepEqual([status, body.status, body.name, body.attempt], [201, 'pending', 'build', 0]);
    assert.deepEqual(
      [body.waiting.dim, body.waiting.available, body.waiting.expected_start],
      ['mem', 0, null],
    );
    assert.deepEqual((await ask('GET', '/v1/tasks/build')).body.waiting, body.waiting);
  });

  it('denies a task that does not fit with the fields of the contract, and stores nothing', async (t) => {
    const { run, store } = serviceOf(t);
    const { status, body } = await run({ name: 'build' });
    assert.equal(status, 429);
    const fields = [
      'dim',
      'requested',
      'available',
      'limit',
      'blocked_by',
      'expected_start',
      'hint',
      'suggested_command',
    ];
    assert.deepEqual([body.error, fields.filter((field) => !(field in body))], ['capacity_exceeded', []]);
    assert.deepEqual(store.list({}), []);
  });

  it('never lets simultaneous submitters take the same room', async (t) => {
    const { service, makeRoom, makeGroups } = serviceOf(t);
    makeRoom();
    makeGroups();
    // Of 24 GiB tasks may take 16.8: room for one.
    const runs = Array.from({ length: 5 }, () => service.run(aRun({ memBytes: 9 * GIB, cpuCores: 1 })));
    const answers = await Promise.allSettled(runs);
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('fails a task whose group cannot be made with could_not_start', async (t) => {
    const { run, ask, makeRoom } = serviceOf(t);
    makeRoom();
    const { body } = await run({ name: 'build' });
    const { body: after } = await ask('GET', `/v1/tasks/${body.id}`);
    assert.deepEqual([after.status, after.reason, after.exit_code], ['failed', 'could_not_start', null]);
    assert.match(after.message, /no group t-.*-1 today/);
  });

  it('with force is dispatched on a full host', async (t) => {
    const { run, ask } = serviceOf(t);
    const { status, body } = await run({ force: true });
    assert.equal(status, 201);
    assert.equal((await ask('GET', `/v1/tasks/${body.id}`)).body.attempt, 1);
    assert.equal((await run({ force: false })).body.error, 'capacity_exceeded');
  });

  it('answers with the committed task, also when that has ended in the same round', async (t) => {
    const { run, store } = serviceOf(t);
    const { body } = await run({ force: true });
    assert.deepEqual([body.status, body.reason], ['failed', 'could_not_start']);
    assert.equal(store.byId(body.id)?.state.status, 'failed');
  });

  it('starts a waiting task when another one ends', async (t) => {
    const { run, task, engine, makeRoom, makeGroups } = serviceOf(t);
    makeRoom();
    makeGroups();
    const large = { estimated_mem_bytes: '9G', mem_pct_limit: 100 };
    const first = (await run({ ...large, name: 'first' })).body;
    await run({ ...large, name: 'next', queue: true });
    assert.deepEqual([first.status, (await task('next')).status], ['running', 'pending']);
    const exit = anExit({ at: Date.parse(first.submitted_at) + 10 });
    await new Promise<void>((resolve, reject) => {
      const end = { kind: 'end', exit, usage: null, at: exit.at } as const;
      engine.request({ apply: (round) => void round.change(first.id, end), resolve, reject });
    });
    const { status, attempt } = await task('next');
    assert.deepEqual([(await task('first')).status, status, attempt], ['completed', 'running', 1]);
  });

  const REFUSED: [string, object, number, string][] = [
    ['an absent directory', { cwd: '/nonexistent/directory' }, 400, 'bad_cwd'],
    ['an infeasible estimate', { estimated_mem_bytes: '100G' }, 422, 'infeasible'],
    ['a bad value', { estimated_time: 'soon' }, 400, 'usage'],
  ];
  for (const [what, changes, status, code] of REFUSED)
    it(`refuses ${what} as ${code}`, async (t) => {
      const answer = await serviceOf(t).run({ queue: true, ...changes });
      assert.deepEqual([answer.status, answer.body.error], [status, code]);
    });

  it('refuses the name of a live task, and takes it again once that has ended', async (t) => {
    const { run, kill } = serviceOf(t);
    const first = await run({ name: 'build', queue: true });
    assert.deepEqual((await run({ name: 'build', queue: true })).body.error, 'name_taken');
    await kill('build');
    const second = await run({ name: 'build', queue: true });
    assert.equal(second.status, 201);
    assert.notEqual(second.body.id, first.body.id);
  });

  it('refuses a task when the disk is full', async (t) => {
    const { run, host } = serviceOf(t);
    host.freeDisk = { bytes: 1024, inodes: 1e6 };
    const { status, body } = await run({ queue: true });
    assert.deepEqual([status, body.error], [507, 'disk_full']);
  });

  it('shows the environment of the caller in no answer', async (t) => {
    const { run, app } = serviceOf(t);
    await run({ name: 'build', queue: true });
    for (const url of ['/v1/tasks', '/v1/tasks/build', '/v1/status'])
      assert.doesNotMatch((await app.inject({ url })).body, /hunter2|TOKEN/);
  });
});

describe('kill', () => {
  it('ends a pending task at once', async (t) => {
    const { run, kill } = serviceOf(t);
    await run({ name: 'build', queue: true });
    const { status, body } = await kill('build');
    assert.deepEqual([status, body.status, body.kill_reason], [202, 'killed', 'manual']);
  });

  it('records the owner that asked for it, also in the event of the end', async (t) => {
    const { run, ask, service } = serviceOf(t);
    await run({ name: 'build', queue: true });
    const { body } = await ask('POST', '/v1/tasks/build/kill', { owner: 'me', project: '/project' });
    assert.deepEqual(body.kill_detail, { signal: 'SIGTERM', killed_by: 'me' });
    const ended = await service.task('build');
    assert.equal(ended.status, 'killed');
  });

  it('of an ended task is already_ended, and names its end', async (t) => {
    const { run, kill } = serviceOf(t);
    await run({ name: 'build', queue: true });
    await kill('build');
    const { status, body } = await kill('build');
    assert.deepEqual([status, body.status, body.error], [409, 409, 'already_ended']);
    assert.match(body.detail, /killed/);
  });

  it('of an unknown task is not_found', async (t) => {
    const { status, body } = await serviceOf(t).kill('nobody');
    assert.deepEqual([status, body.error, body.ref], [404, 'not_found', 'nobody']);
  });
});

describe('a reference', () => {
  it('may be a name, an id, or the beginning of an id in any case', async (t) => {
    const { run, ask } = serviceOf(t);
    const { body } = await run({ name: 'build', queue: true });
    for (const ref of ['build', body.id, body.id.slice(0, 25), body.id.toLowerCase()])
      assert.equal((await ask('GET', `/v1/tasks/${ref}`)).body.id, body.id);
  });

  it('that is the beginning of two ids is ambiguous and lists them', async (t) => {
    const { run, ask } = serviceOf(t);
    const first = (await run({ name: 'a', queue: true })).body;
    const second = (await run({ name: 'b', queue: true })).body;
    const { status, body } = await ask('GET', `/v1/tasks/${first.id.slice(0, 4)}`);
    assert.deepEqual([status, body.error], [409, 'ambiguous']);
    assert.deepEqual(
      body.candidates.map(({ id }: { id: string }) => id),
      [second.id, first.id],
    );
  });
});

describe('list and status', () => {
  it('list filters by status, owner and project', async (t) => {
    const { run, kill, ask } = serviceOf(t);
    await run({ name: 'a', queue: true, owner: 'me' });
    await run({ name: 'b', queue: true, project: '/other' });
    await kill('a');
    const names = async (query: string) =>
      (await ask('GET', `/v1/tasks?${query}`)).body.tasks.map(({ name }: { name: string }) => name);
    assert.deepEqual(await names(''), ['a', 'b']);
    assert.deepEqual(await names('status=pending'), ['b']);
    assert.deepEqual(await names('owner=me'), ['a']);
    assert.deepEqual(await names('project=%2Fother'), ['b']);
    assert.deepEqual(await names('since_ms=0'), ['b']);
    const { tasks, next } = (await ask('GET', '/v1/tasks?limit=1')).body;
    assert.deepEqual([tasks.length, tasks[0].name, next], [1, 'b', tasks[0].id]);
    const older = (await ask('GET', `/v1/tasks?limit=1&before=${next}`)).body;
    assert.deepEqual([older.tasks[0].name, older.next], ['a', null]);
  });

  it('status sums the reservations', async (t) => {
    const { run, ask } = serviceOf(t);
    await run({ name: 'a', queue: true });
    await run({ name: 'b', queue: true, estimated_cpu_cores: 2 });
    const { capacity, tasks, queue } = (await ask('GET', '/v1/status')).body;
    assert.deepEqual(tasks, { running: 0, paused: 0, pending: 2, tickets: 0 });
    assert.deepEqual(
      [capacity.mem_pending_bytes, capacity.cpu_reserved_cores, capacity.mem_available_bytes],
      [8 * GIB, 0, 0],
    );
    assert.deepEqual(
      queue.map(({ name }: { name: string }) => name),
      ['a', 'b'],
    );
  });

  it('a log of a task that never started is no_log', async (t) => {
    const { run, ask, kill } = serviceOf(t);
    await run({ name: 'a', queue: true });
    const { status, body } = await ask('GET', '/v1/tasks/a/log');
    assert.deepEqual([status, body.error], [404, 'no_log']);
    assert.match(body.hint, /to see what it waits for/);
    await kill('a');
    assert.match(
      (await ask('GET', '/v1/tasks/a/log')).body.hint,
      /^It has no output\. Run babysit status a /,
    );
  });

  it('config shows every value with its source', async (t) => {
    const { ask } = serviceOf(t, { admission: { when_full: 'queue' } });
    const { values } = (await ask('GET', '/v1/config')).body;
    const [first, ...others] = values;
    assert.deepEqual([first.key, first.value, first.source], ['admission.when_full', 'queue', 'file']);
    assert.deepEqual(
      others.map(({ key, source }: { key: string; source: string }) => [key, source]),
      SETTING_KEYS.slice(1).map((key) => [key, 'default']),
    );
  });
});

describe('events', () => {
  it('end with the task as it ended', async (t) => {
    const { run, kill, app } = serviceOf(t);
    await run({ name: 'a', queue: true });
    const stream = app.inject({ url: '/v1/tasks/a/events' }).then(({ body }) => body);
    await kill('a');
    const lines = (await stream)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.at(-1).event, 'ended');
    assert.deepEqual([lines.at(-1).task.status, lines.at(-1).task.name], ['killed', 'a']);
  });

  it('of an ended task always include the end, after any sequence number, so that no reader waits without end', async (t) => {
    const { run, kill, service } = serviceOf(t);
    await run({ name: 'a', queue: true });
    await kill('a');
    for (const after of [0, 1, 2, 1_000_000])
      assert.deepEqual(
        service.events('a', after).backlog.map(({ event }) => event),
        ['ended'],
      );
  });
});
