// Who is warned that a logout ends the daemon, and how often.
import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { LINUX_HOST } from '../../test/support/rigs/linux-host.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { isDue, warningFor } from './logout-warning.ts';

it('warns a user of systemd without linger, with the command that keeps the daemon', () => {
  const cgroup = '0::/user.slice/user-1000.slice/user@1000.service/babysit-1.service\n';
  assert.match(warningFor(LINUX_HOST, cgroup) ?? '', /log out.*: loginctl enable-linger ada$/);
  assert.equal(warningFor({ ...LINUX_HOST, outlivesLogin: true }, cgroup), null);
});

it('warns once a day', (t) => {
  const dir = tempDir(t);
  const home = { pidFile: join(dir, 'daemon.pid'), logoutWarned: join(dir, 'logout-warned') };
  writeFileSync(home.pidFile, '1');
  assert.deepEqual([isDue(home), isDue(home)], [true, false]);
  const yesterday = Date.now() / 1000 - 90_000;
  utimesSync(home.logoutWarned, yesterday, yesterday);
  assert.deepEqual([isDue(home), isDue(home)], [true, false]);
});
