// The reasons a probe gives, on hosts made of plain files; real kernels are in test/integration.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { capFix } from '../systemd/host.ts';
import { openDriver } from './open.ts';
import { basePath } from './own-groups.ts';
import type { ProbeResult } from './port.ts';

/** Probes a host made of plain files; `{root}` in a file stands for its directory. */
function probe(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): { probe: ProbeResult; left: (path: string) => boolean } {
  const root = tempDir(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll('{root}', root));
  }
  const { probe } = openDriver({ cgroupRoot: `${root}/cg`, procRoot: `${root}/proc`, tag: 'x' });
  return { probe, left: (path) => existsSync(join(root, path)) };
}

const V2_AT_ROOT = '31 23 0:28 / {root}/cg rw - cgroup2 cgroup2 rw\n';

test('without cgroups, chooses none, with a reason and a fix for each driver', (t) => {
  const { probe: result } = probe(t, { 'proc/self/cgroup': '', 'proc/self/mountinfo': '' });
  assert.equal(result.chosen, 'none');
  assert.deepEqual(
    result.answers.map(({ what, ok }) => [what, ok]),
    [
      ['cgroup v2', false],
      ['cgroup v1', false],
      ['no cgroups', true],
      ['systemd units', false],
    ],
  );
  for (const { ok, reason, fix } of result.answers) {
    assert.ok(reason.length > 0);
    assert.equal(fix === null, ok);
  }
});

test('refuses a v2 file system whose controllers belong to v1', (t) => {
  const { probe: result } = probe(t, {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': V2_AT_ROOT,
    'cg/cgroup.controllers': 'hugetlb\n',
  });
  assert.match(result.answers[0]?.reason ?? '', /memory controller is not available/);
  assert.equal(result.answers[0]?.fix, capFix());
});

test('names foreign processes in our group, and leaves nothing there', (t) => {
  const { probe: result, left } = probe(t, {
    'proc/self/cgroup': '0::/own\n',
    'proc/self/mountinfo': V2_AT_ROOT,
    'proc/77/comm': 'bash\n',
    'cg/own/cgroup.type': 'domain\n',
    'cg/own/cgroup.controllers': 'cpu io memory pids\n',
    'cg/own/cgroup.subtree_control': '\n',
    'cg/own/cgroup.procs': `77\n${process.pid}\n`,
  });
  assert.match(
    result.answers[0]?.reason ?? '',
    /other processes share the daemon's group .*\/own: 77 \(bash\)/,
  );
  assert.equal(result.answers[0]?.fix, capFix());
  assert.equal(left('cg/own/babysit-x'), false);
});

test('a daemon that a task or the supervisor leaf started uses the group of the earlier daemon', () => {
  const cases: [string, string][] = [
    ['/app.slice/a.scope', '/app.slice/a.scope'],
    ['/app.slice/a.scope/supervisor', '/app.slice/a.scope'],
    ['/app.slice/a.scope/babysit-x/t-1', '/app.slice/a.scope'],
    ['/babysit-x/t-1/sub', '/'],
    ['/babysit-other/t-1', '/babysit-other/t-1'],
    ['/', '/'],
  ];
  for (const [path, expected] of cases) assert.equal(basePath(path, 'x'), expected, path);
});
