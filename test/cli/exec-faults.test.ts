// babysit exec when processes that its client depends on are stopped or killed.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRecords } from '../../src/exec/records.ts';
import { SMALL } from '../support/budget.ts';
import { testHome } from '../support/home.ts';
import { daemonPid, processesOf } from '../support/processes.ts';
import { show } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('babysit exec', () => {
  const home = testHome({ after });
  const relayPid = () =>
    Number.parseInt(processesOf(home.dir).find((found) => found.includes('relay.cjs')) ?? '', 10);

  for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
    it(`continues when the relay gets ${signal}`, async () => {
      const line = 'i=0; while [ ! -e done ]; do i=$((i+1)); /bin/echo $i; sleep 0.01; done; exit 5';
      const client = home.start(['exec', '--quiet', ...SMALL, '--', 'bash', '-c', line]);
      await waitUntil(() => client.stdout().includes('3\n'), { what: 'output' });
      process.kill(relayPid(), signal);
      const before = client.stdout().length;
      await waitUntil(() => client.stdout().length > before + 20, { what: 'more output' });
      const done = join(home.work, 'done');
      writeFileSync(done, '');
      assert.equal((await client.done).code, 5);
      rmSync(done);
    });

  for (const relay of [[], ['relay']])
    it(`ends when ${['daemon', ...relay, 'supervisor'].join(', ')} and command are killed`, async () => {
      const name = `lost-${relay.length}`;
      const line = ['sh', '-c', 'echo out; exec sleep 60'];
      const client = home.start(['exec', '--quiet', ...SMALL, `--name=${name}`, '--', ...line]);
      await waitUntil(() => client.stdout() === 'out\n', { what: 'output' });
      const { id } = await show(home, name);
      const { supervisor, started } = readRecords(join(home.dir, 'tasks', String(id), '1'));
      for (const pid of [daemonPid(home), ...relay.map(relayPid), supervisor?.pid, started?.main?.pid])
        process.kill(pid ?? assert.fail('no pid'), 'SIGKILL');
      // Only a daemon starts another relay.
      if (relay.length > 0) await show(home, name);
      assert.equal((await client.done).code, 125);
      assert.equal((await show(home, name)).status, 'interrupted');
    });
});
