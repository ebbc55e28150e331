// The routes over a service that only records its calls: arguments, answers, and every refusal.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import { ENDED, taskId } from '../../test/support/build/build-task.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { BabysitError, ERRORS, type ErrorCode } from '../core/errors.ts';
import type { RecordedEvent, TaskEvent } from '../core/events.ts';
import type { RunRequest } from '../request/request.ts';
import { buildApp } from './app.ts';
import type { LeaseView, WaitingView } from './schemas/capacity.ts';
import type { BatchView } from './schemas/run.ts';
import type { ListQuery, TaskPage, TaskView } from './schemas/task.ts';
import type { Service, Subscription, TicketListener } from './service.ts';

const TASK = { id: taskId(1), name: 'build', status: 'running' } as unknown as TaskView;
const RUN = { command: 'make', cwd: '/project', env: {}, project: '/project' };
const UNCHANGED = Object.fromEntries(
  'timeMs memBytes cpuCores killTimeoutMs observabilityMs observability memPctLimit cpuPctLimit observe'
    .split(' ')
    .map((field) => [field, null]),
);
const ADJUSTED = { ...UNCHANGED, priority: 3, nice: null, background: null, queue: false, force: false };
const RETRIED = { ...UNCHANGED, queue: false, force: false, priority: null, line: null, env: null };

function appOf(t: TestContext, methods: Partial<Service>) {
  const internal: unknown[] = [];
  const app = buildApp({ resolve: (ref) => ref, ...methods } as Service, {
    maxBodyBytes: 10_000,
    onInternalError: (error) => internal.push(error),
  });
  t.after(() => app.close());
  const ask = (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    more: Omit<InjectOptions, 'method' | 'url'> = {},
  ) => app.inject({ method, url, ...more });
  return { ask, internal };
}

describe('routes', () => {
  const note = (answer: unknown, calls: unknown[][] = []) => ({
    calls,
    method: (...args: unknown[]) => {
      calls.push(args);
      return answer;
    },
  });
  const TABLE: [
    method: keyof Service,
    'GET' | 'POST',
    url: string,
    body: object | undefined,
    status: number,
    args: unknown[],
  ][] = [
    ['ping', 'GET', '/v1/ping', undefined, 200, []],
    ['status', 'GET', '/v1/status', undefined, 200, []],
    ['doctor', 'GET', '/v1/doctor', undefined, 200, []],
    ['config', 'GET', '/v1/config', undefined, 200, []],
    ['task', 'GET', '/v1/tasks/a%40b', undefined, 200, ['a@b']],
    ['task', 'GET', `/v1/tasks/${'x'.repeat(128)}`, undefined, 200, ['x'.repeat(128)]],
    [
      'kill',
      'POST',
      '/v1/tasks/build/kill',
      { signal: 'INT' },
      202,
      ['build', { signal: 'SIGINT', owner: null, session: null }, null],
    ],
    [
      'kill',
      'POST',
      '/v1/tasks/build/kill',
      undefined,
      202,
      ['build', { signal: null, owner: null, session: null }, null],
    ],
    ['pause', 'POST', '/v1/tasks/build/pause', undefined, 200, ['build', undefined, null]],
    ['resume', 'POST', '/v1/tasks/build/resume', {}, 200, ['build', undefined, null]],
    ['retry', 'POST', '/v1/tasks/build/retry', undefined, 200, ['build', RETRIED, null]],
    ['adjust', 'POST', '/v1/tasks/build/adjust', { priority: 3 }, 200, ['build', ADJUSTED, null]],
    [
      'clean',
      'POST',
      '/v1/clean',
      { all: true },
      200,
      [{ olderThanMs: null, statuses: null, isDryRun: false, of: null }],
    ],
    ['backup', 'POST', '/v1/backup', { path: '/b.db' }, 200, ['/b.db']],
  ];
  for (const [method, verb, url, body, status, args] of TABLE)
    it(`${verb} ${url.slice(0, 40)} calls ${method}`, async (t) => {
      const { calls, method: noted } = note({ answer: method });
      const { ask } = appOf(t, { [method]: noted });
      const response = await ask(verb, url, body === undefined ? {} : { payload: body });
      assert.equal(response.statusCode, status, response.body);
      assert.deepEqual(response.json(), { answer: method });
      assert.deepEqual(calls, [args]);
    });

  it('POST /v1/tasks runs and answers 201 with the task', async (t) => {
    const { calls, method } = note(TASK);
    const { ask } = appOf(t, { run: async (run) => method(run) as TaskView });
    const response = await ask('POST', '/v1/tasks', { payload: { ...RUN, estimated_time: '90s' } });
    assert.deepEqual([response.statusCode, response.json()], [201, TASK]);
    const [run] = calls[0] as [RunRequest];
    assert.deepEqual([run.timeMs, run.line], [90_000, 'make']);
  });

  it('POST /v1/batch passes good and bad lines in their order', async (t) => {
    const { calls, method } = note({ batch: 'b', lines: [{ id: '1' }, { error: 'usage' }] });
    const { ask } = appOf(t, { batch: async ({ lines }) => method(lines) as BatchView });
    const { command: _, ...caller } = RUN;
    const payload = { caller, lines: [{ command: 'make' }, { comand: 'make' }] };
    const response = await ask('POST', '/v1/batch', { payload });
    assert.deepEqual(
      [response.statusCode, response.json()],
      [200, { batch: 'b', lines: [{ id: '1' }, { error: 'usage' }] }],
    );
    const [[[first, second]]] = calls as [[[RunRequest, unknown]]];
    assert.equal(first.line, 'make');
    assert.ok(second instanceof BabysitError && second.code === 'usage');
  });

  it('GET /v1/tasks lists', async (t) => {
    const { calls, method } = note({ tasks: [TASK], next: '01' });
    const { ask } = appOf(t, { list: async (query) => method(query) as TaskPage });
    const response = await ask('GET', '/v1/tasks?status=running&all=1&project=%2Fp');
    assert.deepEqual(response.json(), { tasks: [TASK], next: '01' });
    const [[query]] = calls as [[ListQuery]];
    assert.deepEqual([query.project, query.statuses, query.sinceMs], ['/p', ['running'], null]);
  });

  it('GET log sends the bytes unchanged', async (t) => {
    const bytes = Buffer.from([0x68, 0x69, 0x0a, 0xff, 0x00, 0x1b]);
    const { ask } = appOf(t, {
      async *log() {
        yield bytes.subarray(0, 3);
        yield bytes.subarray(3);
      },
    });
    const response = await ask('GET', '/v1/tasks/build/log');
    assert.deepEqual(response.rawPayload, bytes);
    assert.match(String(response.headers['content-type']), /^text\/plain/);
  });

  it('POST /v1/daemon/stop answers before the daemon goes', async (t) => {
    const { calls, method } = note(undefined);
    const { ask } = appOf(t, { stop: method, noteLever: async () => {} });
    const response = await ask('POST', '/v1/daemon/stop', { payload: { kill_tasks: true } });
    assert.deepEqual([response.statusCode, response.json(), calls], [202, { ok: true }, [[true]]]);
  });
});

describe('errors', () => {
  type App = ReturnType<typeof appOf>;
  const failing = (t: TestContext, error: Error): App =>
    appOf(t, {
      task() {
        throw error;
      },
    });

  for (const code of Object.keys(ERRORS) as ErrorCode[])
    it(`${code} is a problem with status ${ERRORS[code].http}`, async (t) => {
      const response = await failing(t, new BabysitError(code, 'what happened', { name: 'build' })).ask(
        'GET',
        '/v1/tasks/x',
      );
      assert.equal(response.statusCode, ERRORS[code].http);
      assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
      assert.deepEqual(response.json(), {
        type: `urn:babysit:error:${code}`,
        title: ERRORS[code].title,
        status: ERRORS[code].http,
        detail: 'what happened',
        error: code,
        name: 'build',
        hint: ERRORS[code].hint.replace('NAME', 'build'),
      });
    });

  it('keep the fields of a problem when an error has fields of the same names', async (t) => {
    const extra = { status: 'completed', error: 'x', title: 'x', type: 'x', detail: 'x', limit: 3 };
    const response = await failing(t, new BabysitError('already_ended', 'it has ended', extra)).ask(
      'GET',
      '/v1/tasks/x',
    );
    assert.equal(response.statusCode, 409);
    const { status, error, detail, limit } = response.json();
    assert.deepEqual([status, error, detail, limit], [409, 'already_ended', 'it has ended', 3]);
  });

  it('of babysit itself are reported, and answered as internal', async (t) => {
    const bug = new TypeError('x is not a function');
    const { ask, internal } = failing(t, bug);
    const response = await ask('GET', '/v1/tasks/x');
    assert.deepEqual([response.statusCode, response.json().error, internal], [500, 'internal', [bug]]);
  });

  const json = { 'content-type': 'application/json' };
  const RUN_TEXT = JSON.stringify(RUN);
  const BAD: [
    string,
    'GET' | 'POST' | 'DELETE',
    string,
    string | undefined,
    Record<string, string>,
    ErrorCode,
  ][] = [
    ['an unknown route', 'GET', '/v2/tasks', undefined, {}, 'route_not_found'],
    ['an unknown method', 'DELETE', '/v1/tasks/x', undefined, {}, 'route_not_found'],
    ['a broken address', 'GET', '/v1/tasks/%zz', undefined, {}, 'usage'],
    ['no body', 'POST', '/v1/tasks', undefined, {}, 'usage'],
    ['an empty body', 'POST', '/v1/tasks', '', json, 'usage'],
    ['broken JSON', 'POST', '/v1/tasks', '{"command":', json, 'usage'],
    ['JSON that is not an object', 'POST', '/v1/tasks', '[1]', json, 'usage'],
    ['a prototype in the JSON', 'POST', '/v1/tasks', '{"__proto__":{"a":1}}', json, 'usage'],
    ['a body of another type', 'POST', '/v1/tasks', RUN_TEXT, { 'content-type': 'text/csv' }, 'usage'],
    [
      'a body that is too large',
      'POST',
      '/v1/tasks',
      JSON.stringify({ ...RUN, command: 'x'.repeat(20_000) }),
      json,
      'body_too_large',
    ],
    ['an unknown field', 'POST', '/v1/tasks', JSON.stringify({ ...RUN, nope: 1 }), json, 'usage'],
    ['NUL in a text', 'POST', '/v1/tasks', JSON.stringify({ ...RUN, command: 'a\0' }), json, 'usage'],
    ['a bad signal', 'POST', '/v1/tasks/x/kill', '{"signal":"STOP"}', json, 'usage'],
    ['a bad filter', 'GET', '/v1/tasks?status=asleep', undefined, {}, 'usage'],
    ['a bad sequence number', 'GET', '/v1/tasks/x/events?after=x', undefined, {}, 'usage'],
    ['a bad part of the log', 'GET', '/v1/tasks/x/log?tail=-1', undefined, {}, 'usage'],
  ];
  for (const [what, method, url, payload, headers, code] of BAD)
    it(`${what} is ${code}`, async (t) => {
      const { ask, internal } = appOf(t, {});
      const response = await ask(method, url, { headers, ...(payload === undefined ? {} : { payload }) });
      assert.match(String(response.headers['content-type']), /^application\/problem\+json/, response.body);
      assert.deepEqual([response.json().error, response.statusCode, internal], [code, ERRORS[code].http, []]);
    });
});

describe('event stream', () => {
  const recorded = (seq: number, event: TaskEvent): RecordedEvent => {
    return { ...event, seq, at: 1_700_000_000_000 + seq, taskId: taskId(1), name: 'build' };
  };
  const submitted = recorded(1, { event: 'submitted', queued: false, forced: false });
  const paused = recorded(2, { event: 'paused' });
  const resumed = recorded(3, { event: 'resumed' });
  const ended = recorded(4, { event: 'ended', status: 'completed' });
  const view = { ...TASK, status: ENDED.completed.status } as TaskView;

  /** A subscription that emits `later` when it is started. */
  function stub(backlog: RecordedEvent[], later: RecordedEvent[] = []) {
    let stops = 0;
    const asked: unknown[] = [];
    const service: Partial<Service> = {
      view: () => view,
      viewAtEnd: () => view,
      events(ref, after): Subscription {
        asked.push([ref, after]);
        return {
          backlog,
          start(listener) {
            for (const event of stops > 0 ? [] : later) listener(event);
          },
          stop() {
            stops += 1;
          },
        };
      },
    };
    return { service, asked, stops: () => stops };
  }
  const lines = (body: string) =>
    body
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  it('is one JSON object a line: the backlog, new events, and the end with the task', async (t) => {
    const { service, asked, stops } = stub([paused], [resumed, ended]);
    const response = await appOf(t, service).ask('GET', '/v1/tasks/build/events?after=1');
    assert.match(String(response.headers['content-type']), /^application\/x-ndjson/);
    assert.ok(response.body.endsWith('\n'));
    const shown = lines(response.body);
    assert.deepEqual(shown[0], {
      event: 'paused',
      name: 'build',
      id: taskId(1),
      at: '2023-11-14T22:13:20.002Z',
      seq: 2,
    });
    assert.deepEqual(
      shown.map(({ event }) => event),
      ['paused', 'resumed', 'ended'],
    );
    assert.deepEqual(shown[2].task, view);
    assert.deepEqual(asked, [['build', 1]]);
    assert.ok(stops() > 0, 'the subscription was not stopped');
  });

  it('closes after an end in the backlog, and does not listen', async (t) => {
    const { service } = stub([paused, ended], [resumed]);
    const response = await appOf(t, service).ask('GET', '/v1/tasks/build/events');
    assert.deepEqual(
      lines(response.body).map(({ seq }) => seq),
      [2, 4],
    );
  });

  it('omits events that only the database needs', async (t) => {
    const { service } = stub([submitted, ended]);
    const response = await appOf(t, service).ask('GET', '/v1/tasks/build/events');
    assert.deepEqual(
      lines(response.body).map(({ event }) => event),
      ['ended'],
    );
  });

  it('of a task that does not exist is a problem', async (t) => {
    const { ask } = appOf(t, {
      events() {
        throw new BabysitError('not_found', 'no task');
      },
    });
    const response = await ask('GET', '/v1/tasks/x/events');
    assert.deepEqual([response.statusCode, response.json().error], [404, 'not_found']);
  });
});

describe('ticket', () => {
  const ROOM = { mem_bytes: '1G', cpu_cores: 1, project: '/p' };
  const WAITING = { event: 'waiting_for_capacity', position: 1 } as WaitingView;
  const LEASE = { event: 'capacity_available', lease: '01J' } as LeaseView;

  function stub(act: (listener: TicketListener) => void) {
    let leaves = 0;
    const service: Partial<Service> = {
      awaitCapacity(_request, listener) {
        act(listener);
        return () => {
          leaves += 1;
        };
      },
    };
    return { service, leaves: () => leaves };
  }

  it('is a line for each change, and closes after the lease', async (t) => {
    const { service, leaves } = stub((listener) => {
      listener.waiting(WAITING);
      setImmediate(() => listener.granted(LEASE));
    });
    const response = await appOf(t, service).ask('POST', '/v1/tickets', { payload: ROOM });
    assert.match(String(response.headers['content-type']), /^application\/x-ndjson/);
    assert.equal(response.body, `${JSON.stringify(WAITING)}\n${JSON.stringify(LEASE)}\n`);
    assert.equal(leaves(), 1);
  });

  it('sends daemon_stopping when the daemon stops, and only closes after another failure', async (t) => {
    for (const [error, body] of [
      [new BabysitError('daemon_stopping', 'bye'), '{"event":"daemon_stopping"}\n'],
      [new Error('disk I/O error'), ''],
    ] as const) {
      const { service } = stub((listener) => listener.failed(error));
      const response = await appOf(t, service).ask('POST', '/v1/tickets', { payload: ROOM });
      assert.equal(response.body, body);
    }
  });

  it('that can never be granted is a problem', async (t) => {
    const { service } = stub(() => {
      throw new BabysitError('infeasible', 'too much');
    });
    const response = await appOf(t, service).ask('POST', '/v1/tickets', { payload: ROOM });
    assert.deepEqual([response.statusCode, response.json().error], [422, 'infeasible']);
  });

  it('gives up its place when the client hangs up', async (t) => {
    const { service, leaves } = stub((listener) => listener.waiting(WAITING));
    const app = buildApp(service as Service, { maxBodyBytes: 10_000, onInternalError: assert.fail });
    t.after(() => app.close());
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const hangUp = new AbortController();
    const response = await fetch(`${address}/v1/tickets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ROOM),
      signal: hangUp.signal,
    });
    assert.equal(response.status, 200);
    assert.equal(leaves(), 0);
    hangUp.abort();
    await waitUntil(() => leaves() === 1, { what: 'the place to be given up' });
  });
});
