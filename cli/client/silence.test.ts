// What a client that follows a stream says of a daemon that is stopped or hangs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { findHome } from '../../src/config/home.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { send } from './http.ts';
import { silenceOf } from './session.ts';

/** A daemon that begins a stream and writes nothing more to it. */
async function following(t: TestContext, answersPings: boolean) {
  const env = { BABYSIT_HOME: tempDir(t) };
  let pings = 0;
  let stream: ServerResponse | null = null;
  const server = createServer((request, answer) => {
    if (request.url === '/v1/ping') {
      pings += 1;
      if (answersPings) answer.end('{}');
      return;
    }
    stream = answer;
    answer.write('\n');
  });
  server.listen(join(env.BABYSIT_HOME, 'daemon.sock'));
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const said: string[] = [];
  const home = findHome(env);
  const session = {
    home,
    env,
    autostart: false,
    onStarted() {},
    onSilent: (line: string) => void said.push(line),
  };
  const answer = send(home.socket, {
    method: 'GET',
    path: '/v1/events',
    timeoutMs: 60_000,
    onData() {},
    quiet: silenceOf(session, { quietMs: 20, answerMs: answersPings ? 60_000 : 20 }),
  });
  return { said, pings: () => pings, end: () => void stream?.end(), answer };
}

it('says once that the daemon is silent, and keeps waiting', async (t) => {
  const { said, pings, end, answer } = await following(t, false);
  await waitUntil(() => pings() >= 3, { what: 'three questions' });
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /no sign of life since \d\d:\d\d:\d\d\b.*daemon-restart/);
  end();
  assert.equal((await answer).status, 200);
});

it('says nothing of a daemon that answers', async (t) => {
  const { said, pings, end, answer } = await following(t, true);
  await waitUntil(() => pings() >= 3, { what: 'three questions' });
  assert.deepEqual(said, []);
  end();
  assert.equal((await answer).status, 200);
});
