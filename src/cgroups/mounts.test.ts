// Where hierarchies are mounted and groups found, from pasted /proc files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryOf, parseMemberships, parseMounts } from './mounts.ts';

// A host with v1 controllers and an empty v2 beside them.
const MOUNTINFO = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/4f1 /sys/fs/cgroup/memory ro,relatime master:3 - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/with\\040space rw - cgroup cgroup rw,freezer
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

test('mounts: version, root, controllers, escaped names', () => {
  const mounts = parseMounts(MOUNTINFO);
  assert.deepEqual(
    mounts.map(({ version, mountPoint }) => [version, mountPoint]),
    [
      [1, '/sys/fs/cgroup/cpu,cpuacct'],
      [1, '/sys/fs/cgroup/memory'],
      [1, '/sys/fs/cgroup/with space'],
      [2, '/sys/fs/cgroup/unified'],
    ],
  );
  assert.deepEqual(mounts[0]?.controllers.slice(1), ['cpu', 'cpuacct']);
  assert.equal(mounts[1]?.root, '/docker/4f1');
});

test('memberships: controller lists, named hierarchies, v2, colons in a path', () => {
  const text = '9:name=systemd:/\n4:memory:/process_api/12c\n1:cpu,cpuacct:/a:b\n0::/user.slice\n';
  assert.deepEqual(parseMemberships(text), [
    { controllers: ['name=systemd'], path: '/' },
    { controllers: ['memory'], path: '/process_api/12c' },
    { controllers: ['cpu', 'cpuacct'], path: '/a:b' },
    { controllers: [], path: '/user.slice' },
  ]);
});

test('the directory of a group, as far as the mount shows it', () => {
  const at = (root: string) => ({ version: 1, root, mountPoint: '/cg', controllers: [] }) as const;
  const cases: [string, string, string | null][] = [
    ['/', '/', '/cg'],
    ['/', '/a/b', '/cg/a/b'],
    ['/docker/x', '/docker/x', '/cg'],
    ['/docker/x', '/docker/x/y', '/cg/y'],
    ['/docker/x', '/docker/xy', null],
    ['/docker/x', '/', null],
    ['/', '/../outside', null],
  ];
  for (const [root, path, expected] of cases)
    assert.equal(directoryOf(at(root), path), expected, `${root} ${path}`);
});
