// Submissions: keys, tasks they come after, batches, and the limits of an owner.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';

const QUEUED = { queue: true };
const named = (name: string, more: object = {}) => ({ ...QUEUED, name, ...more });

describe('a key', () => {
  it('returns the first task for a second submission with any other fields, also after its end and a restart', async (t) => {
    const { run, kill, store, restart } = serviceOf(t);
    const first = (await run(named('build', { key: 'k' }))).body;
    const second = await run({
      key: 'k',
      name: 'other',
      estimated_mem_bytes: '999T',
      cwd: '/nonexistent/directory',
    });
    assert.deepEqual([second.status, second.body.id, second.body.deduplicated], [201, first.id, true]);
    await kill('build');
    restart();
    const third = (await run({ key: 'k' })).body;
    assert.deepEqual([third.id, third.status, third.deduplicated], [first.id, 'killed', true]);
    assert.equal(store.list({}).length, 1);
  });

  it('counts in its project only, and the first task is not marked', async (t) => {
    const { run } = serviceOf(t);
    const first = (await run(named('a', { key: 'k' }))).body;
    const other = (await run(named('b', { key: 'k', project: '/other' }))).body;
    assert.notEqual(other.id, first.id);
    assert.deepEqual([first.key, first.deduplicated, other.deduplicated], ['k', undefined, undefined]);
  });

  it('holds for simultaneous submissions, and for one that ended in the same round', async (t) => {
    const { run, batch, kill, store } = serviceOf(t);
    const both = await Promise.all([run(named('a', { key: 'k' })), run(named('b', { key: 'k' }))]);
    assert.equal(both[0].body.id, both[1].body.id);
    await kill('a');
    const line = { key: 'l', after: 'a' };
    const [first, second] = await batch(line, line);
    assert.deepEqual([second.id, second.status, second.deduplicated], [first.id, 'failed', true]);
    assert.equal(store.list({}).length, 2);
  });
});

describe('after', () => {
  it('waits for the others and names them', async (t) => {
    const { run, task, kill, makeRoom } = serviceOf(t);
    await run(named('a'));
    await run(named('b'));
    const { status, body } = await run({ name: 'c', after_any: 'a,b' });
    assert.deepEqual([status, body.status, body.after], [201, 'pending', ['a', 'b']]);
    const { dim, requested, available, short_by, blocked_by } = body.waiting;
    assert.deepEqual([dim, requested, available, short_by, blocked_by], ['after', 2, 0, 2, ['a', 'b']]);
    await kill('a');
    assert.deepEqual((await task('c')).waiting.blocked_by, ['b']);
    await kill('b');
    assert.equal((await task('c')).waiting.dim, 'mem');
    makeRoom();
    await run();
    assert.equal((await task('c')).attempt, 1);
  });

  it('fails a chain with the first cause, in the queue or not', async (t) => {
    const { run, kill, task, ask } = serviceOf(t);
    await run(named('a'));
    for (const [name, other] of ['ab', 'bc', 'cd'].map((pair) => [pair[1], pair[0]]))
      await run({ name, after: other });
    await kill('a');
    for (const name of ['b', 'c', 'd']) {
      const { status, reason, message, hint } = await task(name);
      assert.deepEqual([status, reason], ['failed', 'dependency_failed']);
      assert.equal(message, 'its dependency "a" ended killed');
      assert.match(hint, /run babysit retry a: this task then waits/);
    }
    const late = (await run({ name: 'e', after: 'd' })).body;
    assert.deepEqual([late.status, late.message], ['failed', 'its dependency "a" ended killed']);
    const events = await ask('GET', '/v1/tasks?status=pending');
    assert.deepEqual(events.body.tasks, []);
  });

  it('does not wait for a task that has ended, and after_any not for one that failed', async (t) => {
    const { run, kill } = serviceOf(t);
    await run(named('a'));
    await kill('a');
    const { body } = await run({ name: 'b', after_any: 'a' });
    assert.deepEqual([body.status, body.waiting.dim], ['pending', 'mem']);
  });

  it('accepts names, ids and prefixes of ids', async (t) => {
    const { run } = serviceOf(t);
    const { id } = (await run(named('a'))).body;
    for (const ref of ['a', id, id.slice(0, 25), id.toLowerCase()])
      assert.deepEqual((await run({ after: ref })).body.after, ['a'], ref);
    assert.deepEqual((await run({ after: ['a', id] })).body.after, ['a']);
  });

  const REFUSED: [string, object, ErrorCode, RegExp][] = [
    ['an unknown task', { after: 'a,nobody' }, 'not_found', /"nobody"/],
    ['itself', { name: 'x', after: 'x' }, 'dependency_cycle', /"x" cannot come after itself/],
    ['a prefix of two ids', { after: '01' }, 'ambiguous', /"01"/],
  ];
  for (const [what, fields, code, pattern] of REFUSED)
    it(`${what} is refused as ${code}, and nothing is stored`, async (t) => {
      const { run, store } = serviceOf(t);
      await run(named('a'));
      await run(named('b'));
      const answer = await run(fields);
      assert.deepEqual([answer.status, answer.body.error], [ERRORS[code].http, code]);
      assert.match(answer.body.detail, pattern);
      assert.equal(store.list({}).length, 2);
    });

  it('is kept over a restart, and followed by the end of the other', async (t) => {
    const { run, kill, restart, engine, task } = serviceOf(t);
    await run(named('a'));
    await run({ name: 'b', after: 'a' });
    restart();
    engine.round();
    assert.equal((await task('b')).waiting.dim, 'after');
    await kill('a');
    assert.equal((await task('b')).reason, 'dependency_failed');
  });
});

describe('a batch', () => {
  it('answers each line in its place, and accepts the good ones around the bad', async (t) => {
    const { batch, store } = serviceOf(t);
    const lines = await batch(
      { name: 'a' },
      { name: 'a' },
      { estimated_mem_bytes: '999T' },
      { cwd: '/nonexistent/directory' },
      { command: undefined },
      { name: 'b', after: 'a' },
      { queue: false },
    );
    assert.deepEqual(
      lines.map((line: { name?: string; error?: string }) => line.error ?? line.name),
      ['a', 'name_taken', 'infeasible', 'bad_cwd', 'usage', 'b', 'capacity_exceeded'],
    );
    assert.deepEqual(Object.keys(lines[0]), ['id', 'name', 'status']);
    for (const line of lines.filter(({ error }: { error?: string }) => error))
      assert.ok(line.message && line.hint);
    assert.deepEqual(
      store.list({}).map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('lets lines come after earlier ones, also when those end in the same round', async (t) => {
    const { batch, run, kill, task } = serviceOf(t);
    await run(named('root'));
    await kill('root');
    const lines = await batch(
      { name: 'a', after: 'root' },
      { name: 'b', after: 'a' },
      { name: 'c', after: 'd' },
    );
    assert.deepEqual(
      lines.map(({ status, error }: { status?: string; error?: string }) => status ?? error),
      ['failed', 'failed', 'not_found'],
    );
    assert.match((await task('b')).message, /"root"/);
  });

  const MANY = Array.from({ length: 300 }, (_, n) => ({ name: `task-${n}` }));

  it('of many lines is stored in slices, and other requests are answered between two of them', async (t) => {
    const { batch, run, store } = serviceOf(t);
    const commit = store.commit.bind(store);
    let other: ReturnType<typeof run> | null = null;
    t.mock.method(store, 'commit', (...args: Parameters<typeof commit>) => {
      other ??= run(named('other'));
      return commit(...args);
    });
    const ids = (await batch(...MANY)).map(({ id }: { id: string }) => id);
    assert.equal(new Set(ids).size, 300);
    const { id } = (await (other as unknown as ReturnType<typeof run>)).body;
    // Ids are in the order of the submissions.
    assert.ok(ids[0] < id && id < ids[299]);
  });

  it('of which a later slice cannot be committed answers each line, and keeps the stored ones', async (t) => {
    const { batch, store } = serviceOf(t);
    const commit = store.commit.bind(store);
    let commits = 0;
    t.mock.method(store, 'commit', (...args: Parameters<typeof commit>) => {
      commits += 1;
      if (commits === 2) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      return commit(...args);
    });
    const lines: { id?: string; error?: string }[] = await batch(...MANY);
    const stored = lines.findIndex(({ error }) => error !== undefined);
    assert.ok(stored > 0);
    assert.equal(lines.length, 300);
    assert.ok(lines.slice(stored).every(({ error }) => error === 'disk_full'));
    assert.equal(store.list({}).length, stored);
  });

  it('that cannot be committed leaves nothing, and can be sent again', async (t) => {
    const { batch, store, engine, ask } = serviceOf(t);
    const full = t.mock.method(store, 'commit', () => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    });
    const body = {
      caller: { cwd: '/', env: {}, project: '/' },
      lines: [{ command: 'x', name: 'a', key: 'k' }],
    };
    const refused = await ask('POST', '/v1/batch', body);
    assert.deepEqual([refused.status, refused.body.error], [507, 'disk_full']);
    assert.deepEqual([[...engine.live.values()], engine.live.queue.size], [[], 0]);
    full.mock.restore();
    assert.equal((await batch({ name: 'a', key: 'k' }))[0].name, 'a');
  });
});

describe('the limits', () => {
  it('of pending tasks for one owner count followers too, and do not affect other owners', async (t) => {
    const { run, kill } = serviceOf(t, { admission: { max_pending_per_owner: 2 } });
    await run(named('a', { owner: 'me' }));
    await run({ name: 'b', after: 'a', owner: 'me' });
    const third = await run({ name: 'c', after: 'a', owner: 'me' });
    assert.deepEqual([third.status, third.body.error, third.body.limit], [429, 'queue_full', 2]);
    assert.match(third.body.hint, /max_pending_per_owner/);
    assert.equal((await run(named('d', { owner: 'you' }))).status, 201);
    await kill('a');
    assert.equal((await run(named('e', { owner: 'me' }))).status, 201);
  });

  it('of all pending tasks count followers too', async (t) => {
    const { run } = serviceOf(t, { admission: { max_pending: 2 } });
    await run(named('a'));
    await run({ name: 'b', after: 'a' });
    for (const fields of [named('c'), { name: 'c', after: 'a' }])
      assert.deepEqual((await run(fields)).body.error, 'queue_full');
  });

  it('of submissions per second accept a burst, then return the time to wait', async (t) => {
    const { batch, run, host } = serviceOf(t, { admission: { max_submissions_per_second: 1 } });
    const lines = await batch(...Array.from({ length: 12 }, () => ({})));
    const refused = lines.filter(({ error }: { error?: string }) => error === 'rate_limited');
    assert.equal(refused.length, 2);
    assert.ok(refused[0].retry_after_ms > 0 && refused[0].retry_after_ms <= 1000);
    assert.equal((await run(named('a', { owner: 'somebody else' }))).status, 201);
    assert.equal((await run(QUEUED)).body.error, 'rate_limited');
    host.monoMs += 1000;
    assert.equal((await run(QUEUED)).status, 201);
  });
});

describe('a short task on a full host', () => {
  it('starts beside the core limit, and its view says so', async (t) => {
    const { run, makeRoom, makeGroups } = serviceOf(t);
    makeRoom();
    makeGroups();
    const body = { estimated_mem_bytes: '64M', cpu_pct_limit: 100 };
    const long = await run({
      ...body,
      name: 'long',
      owner: 'a',
      estimated_cpu_cores: 8,
      estimated_time: '1h',
    });
    const short = await run({ ...body, name: 'short', owner: 'b', estimated_time: '10s' });
    for (const [{ body: view }, express] of [
      [long, false],
      [short, true],
    ] as const)
      assert.deepEqual([view.status, view.express], ['running', express]);
  });
});

describe('while', () => {
  const note = 'no task "test" is pending or running: this one ends with the next task of that name';

  it('means the next task of the name when none is pending or running, and the answer says so', async (t) => {
    const { run, kill, task } = serviceOf(t);
    assert.equal((await run(named('server', { while: 'test' }))).body.note, note);
    await run(named('test'));
    await kill('test');
    assert.equal((await task('server')).kill_reason, 'while_ended');
    assert.equal((await run(named('server', { while: 'test' }))).body.note, note);
    assert.equal((await task('server')).status, 'pending');
    await run(named('test'));
    assert.equal((await run(named('other', { while: 'test' }))).body.note, undefined);
    await kill('test');
    for (const name of ['server', 'other']) assert.equal((await task(name)).kill_reason, 'while_ended');
  });

  it('holds for a retry with the task that has the name then', async (t) => {
    const { run, kill, task, ask } = serviceOf(t);
    await run(named('test'));
    await run(named('server', { while: 'test' }));
    await kill('test');
    assert.equal((await ask('POST', '/v1/tasks/server/retry')).body.note, note);
    await run(named('test'));
    await kill('test');
    assert.equal((await task('server')).kill_reason, 'while_ended');
  });

  it('refuses the id of a task that has ended, which does not come again', async (t) => {
    const { run, kill } = serviceOf(t);
    const { id } = (await run(named('test'))).body;
    assert.equal((await run(named('server', { while: id }))).status, 201);
    await kill('test');
    const { body } = await run(named('server', { while: id }));
    assert.deepEqual([body.error, body.task_status], ['already_ended', 'killed']);
    assert.match(body.hint, /--while=test /);
  });
});
