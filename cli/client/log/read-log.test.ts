// A followed log while the daemon stops.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findHome } from '../../../src/config/home.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { followLog } from './read-log.ts';

it('starts no daemon beside one that has closed its socket and still runs', async (t) => {
  const env = { ...process.env, BABYSIT_HOME: tempDir(t) };
  const home = findHome(env);
  const lock = openSync(home.lock, 'w');
  t.after(() => closeSync(lock));
  writeFileSync(home.pidFile, `${process.pid}\n`);
  let looks = 0;
  const session = {
    home,
    env,
    get autostart() {
      looks += 1;
      return true;
    },
    onStarted: () => assert.fail('it has started a daemon'),
  };
  let log = '';
  const followed = followLog(session, { id: 'A', from: 0 }, 100, (chunk) => {
    log += String(chunk);
  });
  while (looks < 3) await delay(10);
  const server = createServer((_request, answer) => void answer.end('text\n'));
  server.listen(home.socket);
  await once(server, 'listening');
  t.after(() => server.close());
  await followed;
  assert.equal(log, 'text\n');
});
