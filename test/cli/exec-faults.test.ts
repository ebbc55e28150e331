// babysit exec when processes that its client depends on are stopped or killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRecords } from '../../src/exec/records.ts';
import { readStat } from '../../src/procfs/process/stat.ts';
import { SMALL } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
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

  it('repeats a signal that a killed relay has not delivered, and no other', async () => {
    const traps = 'trap "echo usr1" USR1; trap "echo usr2" USR2; trap "echo term; exit 6" TERM';
    const line = `${traps}; echo ready; while :; do sleep 0.05; done`;
    const client = home.start(['exec', '--quiet', ...SMALL, '--', 'bash', '-c', line]);
    const shows = (text: string) => waitUntil(() => client.stdout() === text, { what: text });
    await shows('ready\n');
    process.kill(relayPid(), 'SIGKILL');
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) client.kill(signal);
    await shows('ready\nusr1\nusr2\n');
    process.kill(relayPid(), 'SIGKILL');
    client.kill('SIGTERM');
    const { code, stdout } = await client.done;
    assert.deepEqual([code, stdout], [6, 'ready\nusr1\nusr2\nterm\n']);
  });

  it('continues a command that was stopped with its client, when the relay was killed in between', async (t) => {
    const line = 'echo ready; until [ -e continued ]; do sleep 0.05; done; exit 6';
    const words = [BABYSIT, 'exec', '--quiet', ...SMALL, '--name=stopped', '--', 'sh', '-c', line];
    // A process group without a parent in its session ignores SIGTSTP.
    const shell = spawn('bash', ['-c', 'set -m; "$@" & echo $!; wait -f $!', 'bash', ...words], {
      cwd: home.work,
      env: { ...home.env, BABYSIT_NODE: process.execPath },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.after(() => shell.kill('SIGKILL'));
    let shown = '';
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await waitUntil(() => shown.includes('ready'), { what: 'output' });
    const client = Number(/^\d+$/m.exec(shown)?.[0]);
    process.kill(client, 'SIGTSTP');
    const isPaused = async () => (await show(home, 'stopped')).status === 'paused';
    await waitUntil(isPaused, { what: 'the task to be paused' });
    await waitUntil(() => readStat(client)?.state === 'T', { what: 'the client to stop' });
    process.kill(relayPid(), 'SIGKILL');
    writeFileSync(join(home.work, 'continued'), '');
    const ended = once(shell, 'exit');
    process.kill(client, 'SIGCONT');
    assert.deepEqual(await ended, [6, null]);
  });

  for (const relay of [[], ['relay']])
    it(`ends when ${['daemon', ...relay, 'supervisor'].join(', ')} and command are killed`, async () => {
      const name = `lost-${relay.length}`;
      const line = ['sh', '-c', 'echo out; exec sleep 600'];
      const client = home.start(['exec', '--quiet', ...SMALL, `--name=${name}`, '--', ...line]);
      await waitUntil(() => client.stdout() === 'out\n', { what: 'output' });
      const { id, attempt } = await show(home, name);
      const dir = join(home.dir, 'tasks', String(id), String(attempt));
      const { supervisor, started } = readRecords(dir);
      for (const pid of [daemonPid(home), ...relay.map(relayPid), supervisor?.pid, started?.main?.pid])
        process.kill(pid ?? assert.fail('no pid'), 'SIGKILL');
      // Only a daemon starts another relay.
      if (relay.length > 0) await show(home, name);
      assert.equal((await client.done).code, 125);
      assert.equal((await show(home, name)).status, 'interrupted');
    });
});
