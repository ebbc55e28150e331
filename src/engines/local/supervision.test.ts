// The signals that keep the processes of an attempt going, on real ones.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, describe, it, type TestContext } from 'node:test';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { openDriver } from '../../cgroups/open.ts';
import { signalProcess } from '../../procfs/process/process-group.ts';
import { parseIdentity } from '../../procfs/process/process-identity.ts';
import { readStat } from '../../procfs/process/stat.ts';
import { LocalSupervision } from './supervision.ts';

const { driver, close } = openDriver({ tag: 'supervision-test', want: 'none' });
after(close);

const stateOf = (pid: number) => readStat(pid)?.state ?? 'gone';

/** A supervisor whose launch script has a process group of its own, and starts a unit below timeout(1). */
async function starting(t: TestContext) {
  const launch = '(timeout 600 sleep 600 & echo $!; wait) & wait';
  const supervisor = spawn('bash', ['-mc', launch], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const timer = Number((await once(supervisor.stdout, 'data'))[0]);
  const children = () => readFileSync(`/proc/${timer}/task/${timer}/children`, 'utf8').trim();
  await waitUntil(() => children() !== '', { what: 'the program below timeout' });
  const pids = [timer, Number(children())];
  t.after(() => [...pids, supervisor.pid ?? 0].map((pid) => signalProcess(pid, 'SIGKILL')));
  assert.notEqual(readStat(timer)?.groupId, supervisor.pid);
  const identity = parseIdentity(readFileSync(`/proc/${supervisor.pid}/stat`, 'utf8'));
  const supervision = new LocalSupervision('', driver.open({ driver: 'none', name: 'none' }));
  supervision.know({ supervisor: identity, started: null });
  return { supervision, pids, supervisorPid: supervisor.pid ?? 0 };
}

/** The log writer is in the process group of the supervisor, which was killed. */
async function orphanedWriter(t: TestContext) {
  const supervisor = spawn('bash', ['-c', 'sleep 600 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const writerPid = Number((await once(supervisor.stdout, 'data'))[0]);
  t.after(() => signalProcess(writerPid, 'SIGKILL'));
  const supervision = new LocalSupervision('', driver.open({ driver: 'none', name: 'none' }));
  const identity = parseIdentity(readFileSync(`/proc/${supervisor.pid}/stat`, 'utf8'));
  supervision.know({ supervisor: identity, started: null });
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
  return { supervision, writerPid };
}

it('continues a log writer that outlived its supervisor', async (t) => {
  const { supervision, writerPid } = await orphanedWriter(t);
  process.kill(writerPid, 'SIGSTOP');
  await waitUntil(() => stateOf(writerPid) === 'T', { what: 'the writer to stop' });
  supervision.continueSupervisor();
  await waitUntil(() => stateOf(writerPid) === 'S', { what: 'the writer to continue' });
});

describe('an attempt that has not begun', () => {
  it('is continued, whatever of its start was stopped', async (t) => {
    const { supervision, pids, supervisorPid } = await starting(t);
    const all = [...pids, supervisorPid];
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    await waitUntil(() => all.every((pid) => stateOf(pid) === 'T'), { what: 'all to stop' });
    supervision.signalStuck('SIGCONT');
    await waitUntil(() => all.every((pid) => stateOf(pid) === 'S'), { what: 'all to continue' });
  });

  it('leaves nothing that could still begin when its supervisor is ended', async (t) => {
    const { supervision, pids, supervisorPid } = await starting(t);
    supervision.signalStuck('SIGKILL');
    const isGone = (pid: number) => /^(Z|gone)/.test(stateOf(pid));
    await waitUntil(() => [...pids, supervisorPid].every(isGone), { what: 'all to end' });
  });
});
