// A process group that is stopped and woken.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { isGroupStopped, signalGroup } from './process-group.ts';

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
