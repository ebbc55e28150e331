// Runs integration tests again on the kernels this machine does not have: bare cgroup v2 as root, and a systemd user.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type GuestKind, runInGuest, skipWithout } from '../support/guest.ts';

/** The daemon's part alone, in a unit of its own: its subtree is ours, its only process is ours. */
const DRIVER = 'test/integration/cgroups.test.ts';
/** These start the daemon as a user does; it has to find its own place. */
const TASKS = 'test/integration/tasks.test.ts';
const WATCHDOG = 'test/integration/watchdog.test.ts';
const SAMPLING = 'test/integration/sampling.test.ts';
const OF_SYSTEMD = ['service', 'systemd-driver', 'coming-from'].map((name) => `test/guest/${name}.test.ts`);

/** One process for each, as a group with two of ours has to be refused. */
const GUESTS: Readonly<Record<GuestKind, readonly string[]>> = {
  'v2-root': [node(DRIVER), node(TASKS), node(WATCHDOG), node(SAMPLING)],
  'systemd-user': [
    `${delegatedService()} ${node(DRIVER)}`,
    node(TASKS, /memory hog|made itself a daemon|survive a SIGKILL/),
    ...OF_SYSTEMD.map((file) => node(file)),
    `BABYSIT_ENVELOPE_DRIVER=systemd ${node(TASKS, /memory hog|ignores SIGTERM|of the caller/)}`,
  ],
};

/** `only`: the tests of these names. */
function node(file: string, only?: RegExp): string {
  return `"$NODE" ${only === undefined ? '' : `--test-name-pattern='${only.source}' `}${file}`;
}

function delegatedService(): string {
  const env = Object.keys(guestEnv()).map((name) => `--setenv=${name}`);
  const flags = ['--pipe', '--wait', '--quiet', '--collect', '--same-dir', '--property=Delegate=yes'];
  return ['systemd-run', '--user', ...flags, ...env].join(' ');
}

function guestEnv(): Record<string, string> {
  return { BABYSIT_TEST_DRIVER: 'v2', ...(process.env.CI === undefined ? {} : { CI: process.env.CI }) };
}

describe('in guests', () => {
  for (const kind of ['v2-root', 'systemd-user'] as const)
    test(`a ${kind} guest`, { skip: skipWithout(kind), timeout: 480_000 }, async (t) => {
      const commands = GUESTS[kind];
      const each = commands.map((command) => `${command} || code=1`);
      const { code, output } = await runInGuest(
        kind,
        ['sh', '-c', `code=0; ${each.join('; ')}; exit $code`],
        {
          timeoutMs: 450_000,
          env: { ...guestEnv(), NODE: process.execPath },
        },
      );
      t.diagnostic(
        output
          .split('\n')
          .filter((line) => line.startsWith('ℹ'))
          .join(' '),
      );
      assert.equal(code, 0, output);
      assert.equal(output.match(/pass [1-9]/g)?.length, commands.length, output);
    });
});
