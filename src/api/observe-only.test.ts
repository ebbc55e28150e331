// The observe-only socket answers its listed routes, and refuses all others.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { buildApp } from './app.ts';
import type { Service } from './service.ts';

/** Answers every call; a refused request never reaches it. */
const SERVICE = new Proxy(
  {},
  { get: (_, verb) => () => (verb === 'list' ? { tasks: [], next: null } : { verb }) },
) as Service;

function ask(t: TestContext, method: 'GET' | 'HEAD' | 'POST', url: string) {
  const app = buildApp(SERVICE, { maxBodyBytes: 1000, onInternalError: () => {}, isObserveOnly: true });
  t.after(() => app.close());
  return app.inject({ method, url, ...(method === 'POST' ? { payload: {} } : {}) });
}

for (const url of ['/v1/ping', '/v1/status', '/v1/tasks', '/v1/tasks/build'])
  it(`GET ${url} is answered`, async (t) => {
    assert.equal((await ask(t, 'GET', url)).statusCode, 200);
  });

const REFUSED: readonly (readonly ['GET' | 'HEAD' | 'POST', string])[] = [
  ['GET', '/v1/tasks/build/log'],
  ['GET', '/v1/config'],
  ['GET', '/v1/doctor'],
  ['GET', '/v1/nothing'],
  ['HEAD', '/v1/tasks/build/log'],
  ['POST', '/v1/status'],
  ['POST', '/v1/tasks'],
  ['POST', '/v1/batch'],
  ['POST', '/v1/tickets'],
  ['POST', '/v1/inbox'],
  ['POST', '/v1/inbox/seen'],
  ['POST', '/v1/clean'],
  ['POST', '/v1/backup'],
  ['POST', '/v1/daemon/stop'],
  ['POST', '/v1/tasks/build/kill'],
  ['POST', '/v1/tasks/build/adjust'],
  ['POST', '/v1/tasks/build/retry'],
];
for (const [method, url] of REFUSED)
  it(`${method} ${url} is refused`, async (t) => {
    const response = await ask(t, method, url);
    assert.equal(response.statusCode, 403);
    if (method !== 'HEAD') assert.equal(response.json().error, 'observe_only');
  });
