// What a command does when the daemon ends while it answers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { findHome } from '../../src/config/home.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { call } from './session.ts';

/** A daemon that fails at the first request after it has read it. */
async function failing(t: TestContext, fail: (answer: ServerResponse) => void) {
  const env = { BABYSIT_HOME: tempDir(t) };
  const bodies: string[] = [];
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    if (bodies.length === 1) fail(answer);
    else answer.end('{"name":"a"}');
  });
  server.listen(join(env.BABYSIT_HOME, 'daemon.sock'));
  await once(server, 'listening');
  t.after(() => server.close());
  const session = { home: findHome(env), env, autostart: false, onStarted() {} };
  return { session, bodies };
}

const die = (answer: ServerResponse) => void answer.socket?.destroy();

it('repeats a submission that has a key', async (t) => {
  const { session, bodies } = await failing(t, die);
  const body = { key: 'k', command: 'true' };
  assert.deepEqual(await call(session, 'POST', '/v1/tasks', body), { name: 'a' });
  assert.deepEqual(bodies, [JSON.stringify(body), JSON.stringify(body)]);
});

it('repeats no other submission: the first may have been recorded', async (t) => {
  const { session, bodies } = await failing(t, die);
  const refused = call(session, 'POST', '/v1/tasks', { command: 'true' });
  await assert.rejects(refused, { code: 'daemon_unreachable' });
  assert.equal(bodies.length, 1);
});

const unreadable = (answer: ServerResponse) => {
  answer.statusCode = 503;
  answer.end('{"error":"disk_error","detail":"database disk image is malformed"}');
};

it('asks again when the daemon could not read its database', async (t) => {
  const { session, bodies } = await failing(t, unreadable);
  assert.deepEqual(await call(session, 'GET', '/v1/tasks/a'), { name: 'a' });
  assert.equal(bodies.length, 2);
});

it('does not repeat a submission that the disk has refused', async (t) => {
  const { session } = await failing(t, unreadable);
  await assert.rejects(call(session, 'POST', '/v1/tasks', { command: 'true' }), { code: 'disk_error' });
});
