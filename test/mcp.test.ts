// babysit mcp, called by the client of the SDK, with a real daemon behind it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, describe, it, type TestContext } from 'node:test';
import { Client, type Progress } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { DEADLINE_MS, SMALL, SMALL_BODY } from './support/budget.ts';
import { BABYSIT, jsonLine, jsonLines } from './support/cli.ts';
import { testHome } from './support/home.ts';
import { hasStarted, show, until } from './support/tasks.ts';
import { waitUntil } from './support/wait-until.ts';

interface Answer {
  readonly isError: boolean;
  readonly text: string;
  /** Null for plain text. */
  readonly json: ReturnType<typeof JSON.parse>;
  readonly news: Record<string, unknown>[];
}

/** A session of its own, on the daemon that all tests share; with `config` on one of its own. */
async function rig(t: TestContext, config?: object) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  // Before the home checks for leftovers.
  t.after(() => client.close());
  const home = config === undefined ? shared : testHome(t, config);
  const owner = `session of: ${t.name}`;
  const env = { ...process.env, ...home.env, BABYSIT_NODE: process.execPath, CLAUDE_CODE_SESSION_ID: owner };
  const transport = new StdioClientTransport({
    command: BABYSIT,
    args: ['mcp'],
    cwd: home.work,
    env: env as Record<string, string>,
  });
  await client.connect(transport, { timeout: DEADLINE_MS });
  const call = async (
    name: string,
    args: object = {},
    options: Parameters<Client['callTool']>[1] = {},
  ): Promise<Answer> => {
    const limit = { timeout: DEADLINE_MS, ...options };
    const result = await client.callTool({ name, arguments: { ...args } }, limit);
    const [first, second] = (result.content as { text: string }[]).map(({ text }) => text);
    const text = first ?? '';
    const json = text.startsWith('{') ? JSON.parse(text) : null;
    const news = second === undefined ? {} : JSON.parse(second);
    if (result.isError !== true)
      assert.deepEqual(result.structuredContent, { ...(json ?? { output: text }), ...news });
    return { isError: result.isError === true, text, json, news: news.inbox ?? [] };
  };
  return {
    home,
    owner,
    client,
    call,
    run: (name: string, command: string, more: object = {}) =>
      call('run', { ...SMALL_BODY, name, command, ...more }),
  };
}

interface RawAnswer {
  readonly result: ReturnType<typeof JSON.parse>;
  readonly error?: { readonly code: number };
}

/** Frames of a client whose protocol the SDK does not speak. */
function raw(t: TestContext, owner: string, ...flags: string[]) {
  const env = { ...shared.env, BABYSIT_NODE: process.execPath, CLAUDE_CODE_SESSION_ID: owner };
  const child = spawn(BABYSIT, ['mcp', ...flags], {
    cwd: shared.work,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.stdin.end());
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const frames = () => jsonLines(text.slice(0, text.lastIndexOf('\n') + 1));
  const send = (frame: object) => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...frame })}\n`);
  let last = 0;
  return {
    frames,
    send,
    async ask(method: string, params: object): Promise<RawAnswer> {
      last += 1;
      const id = last;
      send({ id, method, params });
      const find = () => frames().find((frame) => frame.id === id);
      await waitUntil(() => find() !== undefined, { what: `the answer to ${method}` });
      return find() as unknown as RawAnswer;
    },
  };
}

const shared = testHome({ after });

describe('babysit mcp', () => {
  it('lists the verbs as tools, with the fields of the API', async (t) => {
    const { client } = await rig(t);
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['run', 'wait', 'wait_for_capacity', 'list', 'status', 'log', 'kill', 'adjust', 'retry'],
    );
    const run = tools[0]?.inputSchema.properties as Record<string, { description?: string }>;
    for (const key of [
      'command',
      'argv',
      'estimated_time',
      'estimated_mem_bytes',
      'after',
      'key',
      'lease',
      'cwd',
    ])
      assert.ok(run[key]?.description, key);
    assert.ok(!('project' in run) && !('umask' in run));
    for (const { name, outputSchema } of tools) assert.equal(outputSchema?.type, 'object', name);
    assert.deepEqual(
      tools.filter(({ annotations }) => annotations?.destructiveHint).map(({ name }) => name),
      ['kill'],
    );
  });

  it('runs a task, reports its progress, and answers with its end', async (t) => {
    const { home, owner, call, run } = await rig(t);
    const go = `${home.work}/go-on`;
    const queued = await run('build', `umask; echo $SEED; ${until(go)}; exit 3`, { env: { SEED: '7' } });
    assert.equal(queued.json.name, 'build');
    const progress: Progress[] = [];
    const waiting = call('wait', { name: 'build' }, { onprogress: (each) => progress.push(each) });
    await waitUntil(() => progress.some(({ message }) => /^build: running/.test(message ?? '')), {
      what: 'progress',
    });
    writeFileSync(go, '');
    const { isError, json, news } = await waiting;
    assert.equal(isError, false);
    assert.equal(json.status, 'ended');
    const { name, status, exit_code } = json.ended[0];
    assert.deepEqual({ name, status, exit_code }, { name: 'build', status: 'failed', exit_code: 3 });
    assert.deepEqual(news, []);
    const values = progress.map((each) => each.progress);
    assert.deepEqual(
      values,
      [...new Set(values)].sort((a, b) => a - b),
    );
    assert.equal(
      (await call('log', { name: 'build' })).text,
      `0${process.umask().toString(8).padStart(3, '0')}\n7\n`,
    );
    const [row] = (await call('list', { owner })).json.tasks;
    assert.deepEqual([row.name, row.status], ['build', 'failed']);
    assert.equal((await call('status', { name: 'build' })).json.owner, owner);
  });

  it('answers a wait before the client gives up, and resumes it without losing or repeating an event', async (t) => {
    const { home, call, run } = await rig(t);
    const go = `${home.work}/go-1`;
    await run('build', until(go));
    await waitUntil(() => hasStarted(home, 'build'), { what: 'the start' });
    const events: string[] = [];
    const wait = async (from: object) => {
      const { json } = await call('wait', from);
      events.push(...(json.events ?? []).map(({ event }: { event: string }) => event));
      return json;
    };
    let last = await wait({ name: 'build', timeout: '300ms' });
    assert.equal(last.live[0].name, 'build');
    // A slow server answers before it has read an event.
    const hasStart = async () => {
      assert.equal(last.status, 'running');
      last = await wait({ resume: last.resume, timeout: '300ms' });
      return events.length > 0;
    };
    await waitUntil(hasStart, { what: 'the started event' });
    assert.equal(
      (await call('adjust', { name: 'build', estimated_time: '20m' })).json.tasks[0].name,
      'build',
    );
    writeFileSync(go, '');
    last = await wait({ resume: last.resume });
    assert.deepEqual(events, ['started', 'adjusted']);
    assert.deepEqual([last.status, last.ended[0].status, last.resume], ['ended', 'completed', undefined]);
  });

  it('any returns with the first end, and with a place to resume for the rest', async (t) => {
    const { call, run } = await rig(t);
    await run('long', 'sleep 300');
    await run('short', 'true');
    const { json } = await call('wait', { name: ['long', 'short'], any: true });
    assert.deepEqual([json.status, json.ended[0].name, json.live[0].name], ['ended', 'short', 'long']);
    assert.equal(Object.keys(json.resume).length, 1);
  });

  it('ends a wait that the client cancels, and keeps serving', async (t) => {
    const { call, run } = await rig(t);
    await run('canceled', 'sleep 300');
    const cancel = new AbortController();
    const waiting = call('wait', { name: 'canceled' }, { signal: cancel.signal });
    await waitUntil(async () => (await call('status', { name: 'canceled' })).json.waiters === 1, {
      what: 'the wait',
    });
    cancel.abort();
    await assert.rejects(waiting);
    await waitUntil(async () => (await call('status', { name: 'canceled' })).json.waiters === 0, {
      what: 'the wait to end',
    });
  });

  it('kills and retries, with one answer for each task', async (t) => {
    const { call, run } = await rig(t);
    await run('build', 'sleep 300');
    const killed = await call('kill', { name: ['build', 'nobody'], force: true });
    assert.deepEqual(
      [killed.isError, killed.json.tasks[0].name, killed.json.errors[0].error],
      [false, 'build', 'not_found'],
    );
    const { ended } = (await call('wait', { name: 'build' })).json;
    assert.deepEqual([ended[0].status, ended[0].kill_reason], ['killed', 'manual']);
    assert.equal((await call('retry', { name: 'build' })).json.tasks[0].name, 'build');
    await call('kill', { name: 'build', force: true });
    assert.equal((await call('wait', { name: 'build' })).json.ended[0].attempt, 2);
  });

  it('reports a soft-deny as a tool error with its numbers; wait_for_capacity keeps its place between two calls', async (t) => {
    const { home, call } = await rig(t, { 'admission.max_running': 1 });
    const go = `${home.work}/go-2`;
    await call('run', { ...SMALL_BODY, name: 'first', command: until(go) });
    const denied = await call('run', { ...SMALL_BODY, name: 'second', command: 'true' });
    assert.equal(denied.isError, true);
    assert.deepEqual(
      [denied.json.error, denied.json.dim, denied.json.blocked_by],
      ['capacity_exceeded', 'slots', ['first']],
    );
    assert.ok(denied.json.hint);
    const test = (await call('run', { ...SMALL_BODY, command: 'true', test_only: true })).json;
    assert.deepEqual([test.starts_now, test.dim, test.blocked_by], [false, 'slots', ['first']]);
    const need = { mem_bytes: '50M', cpu_cores: 0.1 };
    let waiting: Answer['json'] = {};
    // A slow server answers before it knows its place.
    const hasPlace = async () => {
      const { resume } = waiting;
      waiting = (await call('wait_for_capacity', { ...need, timeout: '300ms', resume })).json;
      return waiting.position !== undefined;
    };
    await waitUntil(hasPlace, { what: 'a place in the queue' });
    assert.deepEqual([waiting.status, waiting.position], ['waiting', 1]);
    writeFileSync(go, '');
    const granted = (await call('wait_for_capacity', { ...need, resume: waiting.resume })).json;
    assert.equal(granted.status, 'granted');
    assert.equal(
      (await call('run', { ...SMALL_BODY, name: 'second', command: 'true', lease: granted.lease })).isError,
      false,
    );
    assert.equal((await call('wait', { name: 'second' })).json.ended[0].status, 'completed');
  });

  it('reports each mistake with its code and a hint', async (t) => {
    const { call } = await rig(t);
    const wrong: [tool: string, args: object, code: string, words: RegExp][] = [
      ['run', {}, 'usage', /exactly one of command and argv/],
      ['run', { command: 'true', nme: 'x' }, 'usage', /nme/],
      ['run', { command: 'true', estimated_time: 'soon' }, 'usage', /estimated_time/],
      ['run', { command: 'true', cwd: '/nowhere' }, 'bad_cwd', /nowhere/],
      ['run', { command: 'true', estimated_mem_bytes: '900T' }, 'infeasible', /900T can never be met/],
      ['wait', {}, 'usage', /name and resume/],
      ['wait', { name: 'nobody' }, 'not_found', /nobody/],
      ['log', { name: 'nobody', tail: 1, head: 1 }, 'usage', /exclude/],
      ['kill', { name: 5 }, 'usage', /name/],
    ];
    for (const [tool, args, code, words] of wrong) {
      const { isError, json, text } = await call(tool, args);
      assert.deepEqual([isError, json?.error], [true, code], text);
      assert.ok(json.hint);
      assert.match(json.message, words);
    }
  });

  it('reports once, beside any answer, the ends of the tasks of the session', async (t) => {
    const { home, owner, call, run } = await rig(t);
    // The task must not end before the answer to this call, which would report it.
    const go = `${home.work}/go-3`;
    await run('quick', `${until(go)}; exit 4`);
    writeFileSync(go, '');
    assert.equal((await home.run(['run', '--wait', ...SMALL, '--after_any=quick', 'true'])).code, 0);
    const { news } = await call('status');
    assert.deepEqual(
      news.map(({ event, name, exit_code }) => ({ event, name, exit_code })),
      [{ event: 'ended', name: 'quick', exit_code: 4 }],
    );
    assert.deepEqual((await call('status')).news, []);
    assert.equal((await home.run(['inbox'], { env: { CLAUDE_CODE_SESSION_ID: owner } })).stdout, '');
  });

  it('survives a SIGKILL of the daemon', async (t) => {
    const { home, call, run } = await rig(t);
    const go = `${home.work}/go-4`;
    await run('build', `${until(go)}; exit 5`);
    const progress: Progress[] = [];
    const waiting = call('wait', { name: 'build' }, { onprogress: (each) => progress.push(each) });
    await waitUntil(() => progress.length > 0, { what: 'progress' });
    process.kill(jsonLine((await home.run(['ping'])).stdout).pid as number, 'SIGKILL');
    writeFileSync(go, '');
    assert.equal((await waiting).json.ended[0].exit_code, 5);
  });

  it('gives a client with the extension for tasks a handle instead of a wait', async (t) => {
    const { ask } = raw(t, `session of: ${t.name}`);
    const meta = (extensions: object) => ({
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { extensions },
    });
    const plain = { _meta: meta({}) };
    const withTasks = { _meta: meta({ 'io.modelcontextprotocol/tasks': {} }) };
    const { result: found } = await ask('server/discover', withTasks);
    assert.deepEqual(found.capabilities.extensions, { 'io.modelcontextprotocol/tasks': {} });
    const call = async (name: string, args: object, more: object = withTasks) =>
      (await ask('tools/call', { name, arguments: args, ...more })).result;
    const go = `${shared.work}/go-task`;
    await call('run', { ...SMALL_BODY, name: 'deferred', command: `${until(go)}; exit 3` });
    const handle = await call('wait', { name: 'deferred' });
    assert.deepEqual([handle.resultType, handle.status, handle.ttlMs], ['task', 'working', null]);
    const { taskId } = handle;
    const get = async (more: object) => ask('tasks/get', { taskId, ...more });
    const { result: working } = await get(withTasks);
    assert.deepEqual(
      [working.resultType, working.taskId, working.status, working.createdAt],
      ['complete', taskId, 'working', handle.createdAt],
    );
    assert.equal((await get(plain)).error?.code, -32021);
    assert.equal((await ask('tasks/get', { taskId: 'bm9uZQ', ...withTasks })).error?.code, -32602);
    const short = await call('wait', { name: 'deferred', timeout: '50ms' }, plain);
    assert.deepEqual([short.resultType, short.structuredContent.status], ['complete', 'running']);
    assert.equal((await ask('tasks/cancel', { taskId, ...withTasks })).result.resultType, 'complete');
    writeFileSync(go, '');
    await waitUntil(async () => (await get(withTasks)).result.status === 'completed', { what: 'the end' });
    const { result: done } = await get(withTasks);
    const [end] = done.result.structuredContent.ended;
    assert.deepEqual([end.name, end.status, end.exit_code], ['deferred', 'failed', 3]);
    // A wait that is over needs no handle.
    assert.equal((await call('wait', { name: 'deferred' })).structuredContent.status, 'ended');
  });

  it('is a channel of Claude Code, from the unseen ends on', async (t) => {
    const owner = `session of: ${t.name}`;
    const env = { CLAUDE_CODE_SESSION_ID: owner };
    const run = (name: string, as: Record<string, string> = env) =>
      shared.run(['run', ...SMALL, `--name=${name}`, 'echo the output; exit 3'], { env: as });
    const peek = async () => (await shared.run(['inbox', '--peek'], { env })).stdout;
    await run('before');
    await waitUntil(async () => (await peek()) !== '', { what: 'an end in the inbox' });
    const { ask, send, frames } = raw(t, owner, '--channel');
    const clientInfo = { name: 'claude-code', version: '1' };
    const { result } = await ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo,
    });
    assert.deepEqual(result.capabilities.experimental, { 'claude/channel': {} });
    send({ method: 'notifications/initialized' });
    const messages = () => frames().filter(({ method }) => method === 'notifications/claude/channel');
    await waitUntil(() => messages().length > 0, { what: 'the end before' });
    await run('other', { CLAUDE_CODE_SESSION_ID: 'another session' });
    await run('later');
    await waitUntil(() => messages().length > 1, { what: 'the end after it' });
    assert.deepEqual(
      messages().map(({ params }) => (params as { meta: { name: string } }).meta.name),
      ['before', 'later'],
    );
    const [, later] = messages();
    const { content, meta } = (later as { params: unknown }).params as {
      content: string;
      meta: Record<string, string>;
    };
    assert.deepEqual([meta.event, meta.status], ['ended', 'failed']);
    assert.equal(
      content,
      `babysit: task later (${meta.task}) ended as failed: exit code 3\nNext: babysit log ${meta.task}`,
    );
    // The answer to a wait is enough.
    const call = (name: string, args: object) => ask('tools/call', { name, arguments: args });
    const go = `${shared.work}/go-waited`;
    await call('run', { ...SMALL_BODY, name: 'waited', command: `${until(go)}; exit 3` });
    const waiting = call('wait', { name: 'waited' });
    await waitUntil(async () => (await show(shared, 'waited')).waiters === 1, { what: 'the wait' });
    writeFileSync(go, '');
    assert.match(JSON.stringify(await waiting), /"exit_code":3/);
    await run('last');
    await waitUntil(() => messages().length > 2, { what: 'the last end' });
    assert.match(JSON.stringify(messages()[2]), /"name":"last"/);
    const status = async () => (await shared.run(['status', 'last', '--full'], { env })).stdout;
    const sent = /"target":"channel of Claude Code","seq":\d+,"attempts":1,/;
    await waitUntil(async () => sent.test(await status()), { what: 'the report of the message' });
    // Without an acknowledgement the inbox keeps the event until an answer shows it.
    assert.match(await peek(), /"name":"last"/);
  });
});
