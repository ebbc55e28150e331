// The fixes for each kind of host, and whether a logout ends the daemon.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LINUX_HOST } from '../../test/support/rigs/linux-host.ts';
import { capFix, controllersFix, endsAtLogout, type Host, lingerFix, parseLoginAt } from './host.ts';

describe('the fix for limits that the kernel does not enforce', () => {
  const rows: [string, Partial<Host>, RegExp][] = [
    ['macOS', { platform: 'darwin', isBooted: false, hasV2: false }, /Linux VM/],
    ['a container', { isContainer: true, isBooted: false }, /^Start the container .*docker run --privileged/],
    ['a container in WSL', { isContainer: true, isWsl: true }, /^Start the container/],
    ['WSL without systemd', { isWsl: true, isBooted: false }, /wsl\.conf.*wsl\.exe --shutdown$/],
    ['WSL with cgroup v1', { isWsl: true, hasV2: false }, /wslconfig.*wsl\.exe --shutdown$/],
    ['systemd with cgroup v1', { hasV2: false }, /^Boot with systemd\.unified_cgroup_hierarchy=1/],
    ['another init with cgroup v1', { hasV2: false, isBooted: false }, /or run babysit as root/],
    ['another init', { isBooted: false, hasManager: false }, /^Run babysit as root/],
    [
      'a user without a manager',
      { hasManager: false },
      /^Run: loginctl enable-linger ada && babysit daemon-restart$/,
    ],
    ['a daemon outside of its manager', {}, /^Run: babysit daemon-restart/],
  ];
  for (const [what, facts, expected] of rows)
    it(what, () => assert.match(capFix({ ...LINUX_HOST, ...facts }), expected));
});

describe('the fix for controllers that are missing', () => {
  it('lets systemd delegate them to the manager of a user, which starts the daemon already', () => {
    const path = '/sys/fs/cgroup/user.slice/user-7.slice/user@7.service/app.slice/babysitd-1.service';
    const fix = controllersFix(path, LINUX_HOST);
    assert.match(fix, /Delegate=cpu cpuset io memory pids\\n' \| sudo tee .*daemon-reload/);
    const session = '/sys/fs/cgroup/user.slice/user-7.slice/session-1.scope';
    assert.equal(controllersFix(session, LINUX_HOST), capFix(LINUX_HOST));
  });
});

describe('the end at logout', () => {
  const USER = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/babysit-1.service\n';
  const SESSION = '1:name=systemd:/user.slice/user-1000.slice/session-4.scope\n0::/user.slice\n';
  const rows: [string, Partial<Host>, string, boolean][] = [
    ['a service of the user', {}, USER, true],
    ['a session', {}, SESSION, true],
    ['with linger', { outlivesLogin: true }, USER, false],
    ['a service of the system, such as cron', {}, '0::/system.slice/cron.service\n', false],
    ['without systemd', { isBooted: false }, USER, false],
    ['without /proc', {}, '', false],
  ];
  for (const [what, facts, cgroup, expected] of rows)
    it(what, () => assert.equal(endsAtLogout({ ...LINUX_HOST, ...facts }, cgroup), expected));

  it('has a fix with the name of the user', () =>
    assert.equal(lingerFix(LINUX_HOST), 'loginctl enable-linger ada'));

  it('is followed by a login, whose time is in the file of systemd-logind', () => {
    const text = 'NAME=ada\nSTATE=active\nSTOPPING=no\nREALTIME=1700000000123456\nMONOTONIC=99\n';
    assert.equal(parseLoginAt(text), 1700000000123.456);
    assert.equal(parseLoginAt(''), null);
  });
});

describe('the host', () => {
  it('is known to a user without an entry in the database of users', {
    skip: process.getuid?.() !== 0 && 'only root can become another user',
  }, () => {
    const uid = freeUid();
    // Another user may be unable to read the checkout.
    const script = `import { readHost } from '${import.meta.dirname}/host.ts';
        process.setuid(${uid}); console.log(JSON.stringify(readHost()));`;
    const args = ['--no-warnings', '--input-type=module', '-e', script];
    const out = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const host: Host = JSON.parse(out);
    assert.equal(host.user, String(uid));
    assert.equal(host.isRoot, false);
    assert.equal(host.outlivesLogin, false);
  });
});

function freeUid(): number {
  const taken = readFileSync('/etc/passwd', 'utf8');
  let uid = 54_321;
  while (taken.includes(`:${uid}:`)) uid++;
  return uid;
}
