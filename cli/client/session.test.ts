// What a command does when the daemon ends while it answers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { findHome } from '../../src/config/home.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { call } from './session.ts';

/** A daemon that closes the first connection after it has read the request. */
async function dying(t: TestContext) {
  const env = { BABYSIT_HOME: tempDir(t) };
  const bodies: string[] = [];
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    if (bodies.length === 1) request.socket.destroy();
    else answer.end('{"name":"a"}');
  });
  server.listen(join(env.BABYSIT_HOME, 'daemon.sock'));
  await once(server, 'listening');
  t.after(() => server.close());
  const session = { home: findHome(env), env, autostart: false, onStarted() {} };
  return { session, bodies };
}

it('repeats a submission that has a key', async (t) => {
  const { session, bodies } = await dying(t);
  const body = { key: 'k', command: 'true' };
  assert.deepEqual(await call(session, 'POST', '/v1/tasks', body), { name: 'a' });
  assert.deepEqual(bodies, [JSON.stringify(body), JSON.stringify(body)]);
});

it('repeats no other submission: the first may have been recorded', async (t) => {
  const { session, bodies } = await dying(t);
  const refused = call(session, 'POST', '/v1/tasks', { command: 'true' });
  await assert.rejects(refused, { code: 'daemon_unreachable' });
  assert.equal(bodies.length, 1);
});
