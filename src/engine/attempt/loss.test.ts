// Why an attempt without an exit record is gone.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { GroupRef } from '../../core/task.ts';
import { lossReason } from './loss.ts';

const USER =
  '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/babysit-1.service/babysit-x/t-1-1';
const rows: [string, GroupRef, number | null, string][] = [
  ['a login after the last sign of life', { driver: 'v2', path: USER }, 2000, 'logged_out'],
  ['the same without groups', { driver: 'none', name: 't-1-1' }, 2000, 'logged_out'],
  ['a login that lasts since before', { driver: 'v2', path: USER }, 500, 'supervisor_lost'],
  ['no login', { driver: 'v2', path: USER }, null, 'supervisor_lost'],
  [
    'a group that a login does not own',
    { driver: 'v2', path: '/sys/fs/cgroup/system.slice/cron.service/babysit-x/t-1-1' },
    2000,
    'supervisor_lost',
  ],
];
for (const [what, group, loginAt, reason] of rows)
  it(`${what}: ${reason}`, () => assert.equal(lossReason(group, 1000, loginAt), reason));
