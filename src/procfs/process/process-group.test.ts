// A process group that is stopped and woken.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { hasSurvivors, isGroupStopped, signalGroup } from './process-group.ts';
import { parseIdentity } from './process-identity.ts';

it('a group is stopped once all of it is, and gone once nothing of it is left', async () => {
  const leader = spawn('bash', ['-c', 'sleep 600 & echo; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(leader.stdout, 'data');
  const groupId = leader.pid ?? assert.fail();
  assert.ok(!isGroupStopped(groupId));
  assert.ok(signalGroup(groupId, 'SIGSTOP'));
  await waitUntil(() => isGroupStopped(groupId), { what: 'the group to stop' });
  assert.ok(signalGroup(groupId, 'SIGCONT'));
  assert.ok(!isGroupStopped(groupId));
  assert.ok(signalGroup(groupId, 'SIGKILL'));
  await once(leader, 'close');
  await waitUntil(() => !signalGroup(groupId, 'SIGCONT'), { what: 'the group to go' });
});

it('a group survives its leader until its last process ends', async () => {
  const leader = spawn('bash', ['-c', 'read -r; sleep 600 & wait'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const identity = parseIdentity(readFileSync(`/proc/${leader.pid}/stat`, 'utf8')) ?? assert.fail();
  leader.stdin.end('\n');
  const groupId = identity.groupId ?? assert.fail();
  const children = () => readFileSync(`/proc/${groupId}/task/${groupId}/children`, 'utf8');
  await waitUntil(() => children() !== '', { what: 'the child' });
  leader.kill('SIGKILL');
  await once(leader, 'exit');
  assert.ok(hasSurvivors(identity));
  assert.ok(
    !hasSurvivors({
      ...identity,
      startTicks: 1 + (identity.startTicks ?? 0),
      pid: process.pid,
      groupId: process.pid,
    }),
  );
  assert.ok(signalGroup(groupId, 'SIGKILL'));
  await waitUntil(() => !hasSurvivors(identity), { what: 'the group to go' });
});
