// Holds on the real engine: which submissions wait, what ends a hold, and what a restart keeps.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { waitUntil } from '../../test/support/wait-until.ts';

const MINUTE_MS = 60_000;

function held(t: Parameters<typeof serviceOf>[0]) {
  const service = serviceOf(t);
  service.makeRoom();
  service.makeGroups();
  const { ask, engine } = service;
  return {
    ...service,
    hold: (body: object = {}) => ask('POST', '/v1/hold', { by: 'alice', ...body }),
    release: (query = '') => ask('DELETE', `/v1/hold?${query}`),
    status: async (name: string) => (await ask('GET', `/v1/tasks/${name}`)).body.status,
    /** The next round of the loop. */
    round: () => engine.round(),
  };
}

describe('a hold', () => {
  it('denies what would start now, also with --force, and says who, why and until when', async (t) => {
    const { hold, run } = held(t);
    const { body, status } = await hold({ for: '30m', reason: 'call' });
    assert.equal(status, 200);
    for (const force of [false, true]) {
      const denied = await run({ name: 'a', force });
      assert.equal(denied.status, 429);
      assert.equal(denied.body.dim, 'hold');
      assert.deepEqual(denied.body.hold, {
        ...{ scope: 'all', of: null, reason: 'call', by: 'alice', until: body.until },
      });
      assert.ok(denied.body.expected_start >= body.until, denied.body.expected_start);
      assert.match(denied.body.suggested_command, /--queue/);
      assert.match(denied.body.detail, /alice holds the start of all tasks \(call\)/);
    }
  });

  it('keeps queued tasks until it is released, then starts them in their old order', async (t) => {
    const { hold, release, run, status, ask, round } = held(t);
    await hold();
    for (const name of ['a', 'b']) await run({ name, queue: true, estimated_mem_bytes: '9G' });
    const view = (await ask('GET', '/v1/tasks/a')).body;
    assert.equal(view.waiting.dim, 'hold');
    assert.equal(view.waiting.expected_start, null);
    const { holds } = (await ask('GET', '/v1/status')).body;
    assert.deepEqual([holds[0].held, holds[0].running], [2, 0]);
    assert.deepEqual((await release()).body.released.held, 2);
    round();
    assert.deepEqual([await status('a'), await status('b')], ['running', 'pending']);
  });

  it('touches no running task and no other scope', async (t) => {
    const { hold, run, status, ask } = held(t);
    await run({ name: 'runs', owner: 'ci' });
    const { body } = await hold({ owner: 'ci', drain: true, for: '1h' });
    assert.deepEqual([body.running, body.drain], [1, true]);
    assert.ok(body.expected_end < body.latest_end);
    await run({ name: 'other', owner: 'bob' });
    assert.equal((await run({ name: 'held', owner: 'ci' })).status, 429);
    assert.deepEqual([await status('runs'), await status('other')], ['running', 'running']);
    assert.equal((await ask('GET', '/v1/hold')).body.holds.length, 1);
  });

  it('of a tag, a project or one task covers those', async (t) => {
    const { hold, release, run, status, round } = held(t);
    await hold({ tag: 'gpu' });
    await hold({ project: '/p' });
    for (const [name, more] of [
      ['tagged', { tag: 'gpu' }],
      ['inside', { project: '/p' }],
      ['free', {}],
    ] as const)
      await run({ name, queue: true, estimated_mem_bytes: '1G', ...more });
    assert.deepEqual(
      [await status('tagged'), await status('inside'), await status('free')],
      ['pending', 'pending', 'running'],
    );
    assert.equal((await hold({ task: 'tagged' })).body.name, 'tagged');
    await release('tag=gpu');
    round();
    assert.equal(await status('tagged'), 'pending');
    await release('task=tagged');
    round();
    assert.equal(await status('tagged'), 'running');
    assert.equal((await hold({ task: 'nobody' })).status, 404);
  });

  it('holds a task whose dependency ends, and a lease that was granted before', async (t) => {
    const { hold, release, run, status, service, engine, ask, round } = held(t);
    let lease = '';
    service.awaitCapacity(
      { memBytes: 1e9, cpuCores: 1, project: '/', sinceMs: null } as Parameters<
        typeof service.awaitCapacity
      >[0],
      {
        waiting() {},
        failed() {},
        granted(view) {
          lease = view.lease;
        },
      },
    );
    round();
    await run({ name: 'first', queue: true });
    await run({ name: 'second', after: 'first' });
    await hold();
    assert.equal((await run({ name: 'leased', lease, estimated_mem_bytes: '500M' })).body.dim, 'hold');
    assert.equal(engine.leases.values().length, 1);
    const waits: string[] = [];
    service.awaitCapacity(
      { memBytes: 1e9, cpuCores: 1, project: '/', sinceMs: null } as Parameters<
        typeof service.awaitCapacity
      >[0],
      { waiting: ({ dim }) => void waits.push(dim), failed() {}, granted: () => void waits.push('granted') },
    );
    round();
    await waitUntil(() => waits.length > 0, { what: 'the reason' });
    assert.deepEqual(waits, ['hold']);
    await ask('POST', '/v1/tasks/second/adjust', { priority: 3 });
    assert.equal(await status('second'), 'pending');
    await release();
    round();
    assert.deepEqual(waits.at(-1), 'granted');
  });

  it('ends by the time since boot: not by the wall clock, but while the machine sleeps', async (t) => {
    const { hold, host, ask, round } = held(t);
    await hold({ for: '30m' });
    host.wallJumpMs = 10 * 60 * MINUTE_MS;
    round();
    const [moved] = (await ask('GET', '/v1/hold')).body.holds;
    assert.ok(Date.parse(moved.until) > Date.now() - 1e12 && moved.until > moved.since, moved.until);
    host.wallJumpMs = -10 * 60 * MINUTE_MS;
    host.monoMs += 29 * MINUTE_MS;
    round();
    assert.equal((await ask('GET', '/v1/hold')).body.holds.length, 1);
    host.sleptMs += 2 * MINUTE_MS;
    round();
    assert.equal((await ask('GET', '/v1/hold')).body.holds.length, 0);
  });

  it('is there after a restart', async (t) => {
    const { hold, engine, restart, run, store } = held(t);
    await hold({ reason: 'demo', for: '1h' });
    const [before] = store.holds();
    engine.live.holds.drop({ scope: 'all', of: null }, { wallMs: 0, monoMs: 0 });
    restart();
    assert.deepEqual(engine.live.holds.values(), [before]);
    assert.equal((await run({ name: 'a' })).body.dim, 'hold');
  });

  it('and its end are events with numbers of the one sequence', async (t) => {
    const { hold, release, run, store, host, round } = held(t);
    await hold({ reason: 'call', for: '1m' });
    await run({ name: 'a', queue: true });
    host.monoMs += MINUTE_MS + 1;
    round();
    await hold({ owner: 'ci' });
    await release('owner=ci&by=bob');
    const { events } = store.allEvents.page({}, 0);
    const seqs = events.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => a - b),
    );
    assert.equal(new Set(seqs).size, seqs.length);
    const ofHost = events.flatMap((event) =>
      'taskId' in event || event.event === 'lever' ? [] : [[event.event, event.scope, event.by]],
    );
    assert.deepEqual(ofHost, [
      ['hold', 'all', 'alice'],
      ['release', 'all', null],
      ['hold', 'owner', 'alice'],
      ['release', 'owner', 'bob'],
    ]);
    assert.deepEqual(
      store.allEvents.page({ owner: 'ci', names: ['hold'] }, 0).events.map(({ event }) => event),
      ['hold', 'hold'],
    );
    assert.equal(store.allEvents.newest(), seqs.at(-1));
  });

  it('is released by its scope; a wrong scope names the right commands', async (t) => {
    const { hold, release } = held(t);
    assert.deepEqual((await release()).body, { released: null, holds: [] });
    await hold({ project: '/my project' });
    const wrong = await release();
    assert.deepEqual([wrong.status, wrong.body.error], [404, 'not_held']);
    assert.match(wrong.body.hint, /babysit release --project='\/my project'/);
    assert.equal((await hold({ all: true, owner: 'ci' })).status, 400);
    assert.equal((await hold({ for: '0' })).status, 400);
    assert.equal((await hold({ reason: 'x'.repeat(101) })).status, 400);
  });

  it('that the database refuses is not in force', async (t) => {
    const { hold, engine, store } = held(t);
    const { commit } = store;
    store.commit = () => {
      throw Object.assign(new Error('disk'), { code: 'SQLITE_FULL' });
    };
    assert.ok((await hold()).status >= 500);
    store.commit = commit;
    assert.deepEqual(engine.live.holds.values(), []);
  });
});
