// The checks of the dashboard: only its own page, with the token of this start, reaches the daemon, by known requests.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { busyScene } from '../../test/support/busy-scene.ts';
import { fakeDaemon } from '../../test/support/fake-daemon.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { buildDashboard } from './server.ts';

const TOKEN = 'right-token';
const HOST = '127.0.0.1:4000';
const PAGE = { type: 'text/html; charset=utf-8', body: Buffer.from('<!doctype html>') };
const ID = busyScene(0).running[0]?.id ?? '';

const good = (changes: Record<string, string> = {}) => ({
  host: HOST,
  authorization: `Bearer ${TOKEN}`,
  ...changes,
});

describe('the dashboard', () => {
  const daemon = fakeDaemon((now) => busyScene(now));
  const apps: FastifyInstance[] = [];
  let open = 0;
  const dir = tempDir({ after }, async () => {
    for (const app of apps) await app.close();
    daemon.server.closeAllConnections();
    daemon.server.close();
  });
  const build = (mayAct: boolean) => {
    const app = buildDashboard({
      socket: join(dir, 'd.sock'),
      token: TOKEN,
      assets: { '/': PAGE },
      version: '1',
      mayAct,
      caller: 'ada (dashboard)',
      onUse: (pages) => {
        open = pages;
      },
    });
    apps.push(app);
    return app;
  };
  const app = build(true);
  before(async () => {
    daemon.server.listen(join(dir, 'd.sock'));
    await once(daemon.server, 'listening');
  });
  const status = async (options: InjectOptions) => (await app.inject(options)).statusCode;

  const REFUSED: readonly [what: string, code: number, request: InjectOptions][] = [
    [
      'a DNS name that leads to loopback',
      403,
      { url: '/v1/config', headers: good({ host: 'evil.example' }) },
    ],
    ['such a name with the right port', 403, { url: '/', headers: { host: 'evil.example:4000' } }],
    ['a name that only begins like loopback', 403, { url: '/', headers: { host: '127.0.0.1.evil.example' } }],
    ['an address of the network', 403, { url: '/', headers: { host: '192.168.1.2:4000' } }],
    ['no token', 401, { url: '/v1/config', headers: { host: HOST } }],
    ['an old token', 401, { url: '/v1/config', headers: good({ authorization: 'Bearer wrong-token' }) }],
    ['a longer token', 401, { url: '/v1/config', headers: good({ authorization: `Bearer ${TOKEN}x` }) }],
    ['the token in the query', 401, { url: `/v1/config?token=${TOKEN}`, headers: { host: HOST } }],
    ['the token as a cookie', 401, { url: '/v1/config', headers: { host: HOST, cookie: `token=${TOKEN}` } }],
    [
      'a POST of another site',
      403,
      { method: 'POST', url: `/v1/tasks/${ID}/kill`, headers: good({ origin: 'https://evil.example' }) },
    ],
    [
      'a POST of another page of this host',
      403,
      { method: 'POST', url: `/v1/tasks/${ID}/kill`, headers: good({ origin: 'http://127.0.0.1:3000' }) },
    ],
    [
      'a POST of a file or a sandboxed frame',
      403,
      { method: 'POST', url: '/v1/x', headers: good({ origin: 'null' }) },
    ],
    [
      'what the browser marks as cross-site',
      403,
      { url: '/v1/config', headers: good({ 'sec-fetch-site': 'cross-site' }) },
    ],
    [
      'a form of another site, which has no token',
      401,
      {
        method: 'POST',
        url: `/v1/tasks/${ID}/kill`,
        headers: { host: HOST, 'content-type': 'application/x-www-form-urlencoded' },
        payload: 'force=true',
      },
    ],
    [
      'a preflight',
      401,
      { method: 'OPTIONS', url: '/v1/config', headers: { host: HOST, origin: `http://${HOST}` } },
    ],
    [
      'a submission of a task',
      404,
      { method: 'POST', url: '/v1/tasks', headers: good(), payload: { command: 'id' } },
    ],
    ['a change of settings', 404, { method: 'POST', url: '/v1/config', headers: good(), payload: {} }],
    ['the end of the daemon', 404, { method: 'POST', url: '/v1/daemon/stop', headers: good(), payload: {} }],
    ['a task by its name', 404, { url: '/v1/tasks/train-resnet', headers: good() }],
    ['a path out of the files', 404, { url: '/../../../etc/passwd', headers: { host: HOST } }],
    [
      'an encoded path out of the files',
      404,
      { url: '/%2e%2e%2f%2e%2e%2fetc/passwd', headers: { host: HOST } },
    ],
    ['a path out of a task', 404, { url: `/v1/tasks/${ID}/log/..%2f..%2f..%2fconfig`, headers: good() }],
    ['a path that is not UTF-8', 400, { url: '/%ff', headers: { host: HOST } }],
    [
      'a body that is too large',
      413,
      {
        method: 'POST',
        url: `/v1/tasks/${ID}/kill`,
        headers: good(),
        payload: { reason: 'x'.repeat(20_000) },
      },
    ],
  ];
  for (const [what, code, options] of REFUSED)
    it(`refuses ${what}`, async () => {
      const answer = await app.inject(options);
      assert.equal(answer.statusCode, code, answer.body);
      assert.match(
        String(answer.headers['content-security-policy']),
        /^default-src 'none'; script-src 'self'/,
      );
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.deepEqual(daemon.changes, []);
    });

  it('refuses every change in the session of an agent', async () => {
    const readOnly = build(false);
    const kill = { method: 'POST', url: `/v1/tasks/${ID}/kill`, headers: good(), payload: {} } as const;
    assert.equal((await readOnly.inject(kill)).statusCode, 403);
    assert.equal((await readOnly.inject({ url: `/v1/tasks/${ID}`, headers: good() })).statusCode, 200);
    assert.deepEqual(daemon.changes, []);
  });

  it('passes the requests of its page, by any name of loopback', async () => {
    for (const host of [HOST, 'localhost:9999', '[::1]:1', '127.0.0.1']) {
      const origin = `http://${host}`;
      const headers = good({ host, origin, 'sec-fetch-site': 'same-origin' });
      assert.equal(await status({ url: `/v1/tasks/${ID}`, headers }), 200, host);
    }
    const adjust = `/v1/tasks/${ID}/adjust`;
    assert.equal(
      await status({ method: 'POST', url: adjust, headers: good(), payload: { priority: 5 } }),
      200,
    );
    assert.equal(await status({ method: 'DELETE', url: '/v1/hold?all=1', headers: good() }), 200);
    assert.deepEqual(daemon.changes.splice(0), [`POST ${adjust} {"priority":5}`, 'DELETE /v1/hold?all=1 ']);
    assert.deepEqual(daemon.callers.splice(0), ['ada (dashboard)', 'ada (dashboard)']);
  });

  it('sends every answer with headers that keep the page apart from others', async () => {
    const { headers, statusCode } = await app.inject({
      url: '/',
      headers: { host: HOST, 'sec-fetch-site': 'cross-site' },
    });
    assert.equal(statusCode, 200);
    const policy = String(headers['content-security-policy']);
    assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
    for (const part of [
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "connect-src 'self'",
    ])
      assert.ok(policy.includes(part), part);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['set-cookie'], undefined);
  });

  it('shows the names of the targets of notifications, not their addresses', async () => {
    const { body } = await app.inject({ url: '/v1/config', headers: good() });
    assert.match(body, /chat/);
    assert.doesNotMatch(body, /secret-path/);
  });

  it('streams frames to a page, and counts it as open until it leaves', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/v1/live',
      headers: good({ host: `127.0.0.1:${port}` }),
    });
    sent.end();
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    assert.equal(response.headers['content-type'], 'text/event-stream');
    assert.equal(response.headers['cache-control'], 'no-store');
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await waitUntil(() => text.includes('event: frame'), { what: 'a frame' });
    assert.match(text, /^event: hello\ndata: \{"version":"1","may_act":true\}\n\n/);
    assert.equal(open, 1);
    sent.destroy();
    await waitUntil(() => open === 0, { what: 'the page to leave' });
  });
});
