// Runs integration tests again on the kernels this machine does not have: bare cgroup v2 as root, and a systemd user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuestKind, runInGuest, skipWithout } from '../support/guest.ts';

/** Test files that also run inside the guests, from the root of the project. */
const IN_GUEST = ['test/integration/cgroups.test.ts'];

const GUESTS: readonly { readonly kind: GuestKind; readonly launcher: readonly string[] }[] = [
  { kind: 'v2-root', launcher: [] },
  // As the daemon is started: in a unit whose subtree is ours, whose only process we are.
  { kind: 'systemd-user', launcher: ['systemd-run', '--user', ...delegatedService()] },
  { kind: 'systemd-root', launcher: ['systemd-run', ...delegatedService()] },
];

function delegatedService(): string[] {
  const env = Object.keys(guestEnv()).map((name) => `--setenv=${name}`);
  return ['--pipe', '--wait', '--quiet', '--collect', '--same-dir', '--property=Delegate=yes', ...env];
}

function guestEnv(): Record<string, string> {
  return { BABYSIT_TEST_DRIVER: 'v2', ...(process.env.CI === undefined ? {} : { CI: process.env.CI }) };
}

for (const { kind, launcher } of GUESTS) {
  test(`${IN_GUEST.join(', ')} in a ${kind} guest`, {
    skip: skipWithout(kind),
    timeout: 300_000,
  }, async (t) => {
    // One boot for all files; each file in a process of its own, as a group with two of ours has to be refused.
    const each = 'code=0; for file; do $LAUNCHER "$NODE" "$file" || code=1; done; exit $code';
    const { code, output } = await runInGuest(kind, ['sh', '-c', each, 'sh', ...IN_GUEST], {
      timeoutMs: 240_000,
      env: { ...guestEnv(), LAUNCHER: launcher.join(' '), NODE: process.execPath },
    });
    t.diagnostic(
      output
        .split('\n')
        .filter((line) => line.startsWith('ℹ'))
        .join(' '),
    );
    assert.equal(code, 0, output);
    assert.match(output, /pass [1-9]/);
  });
}
