// Runs integration tests again on the kernels this machine does not have: bare cgroup v2 as root, and a systemd user.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type GuestKind, runInGuest, skipWithout } from '../support/guest.ts';

/** Test files that also run inside the guests, from the root of the project. */
const DRIVER = ['test/integration/cgroups.test.ts'];
/** These start the daemon as a user does; it has to find its own place. */
const TASKS = ['test/integration/tasks.test.ts'];

interface Guest {
  readonly kind: GuestKind;
  /** The unit a daemon would be in: its subtree is ours, its only process is ours. */
  readonly unit: readonly string[];
  readonly inUnit: readonly string[];
  readonly asUser: readonly string[];
  /** Tests of TASKS that run again with every task a unit of systemd, by name. */
  readonly asUnits: RegExp | null;
}

const GUESTS: readonly Guest[] = [
  {
    kind: 'v2-root',
    unit: [],
    inUnit: DRIVER,
    asUser: [...TASKS, 'test/integration/watchdog.test.ts'],
    asUnits: null,
  },
  {
    kind: 'systemd-user',
    unit: ['systemd-run', '--user', ...delegatedService()],
    inUnit: DRIVER,
    asUser: [
      ...TASKS,
      ...['service', 'systemd-driver', 'coming-from'].map((name) => `test/guest/${name}.test.ts`),
    ],
    asUnits: /memory hog|fork bomb|made itself a daemon|ignores SIGTERM|of the caller/,
  },
];

function delegatedService(): string[] {
  const env = Object.keys(guestEnv()).map((name) => `--setenv=${name}`);
  return ['--pipe', '--wait', '--quiet', '--collect', '--same-dir', '--property=Delegate=yes', ...env];
}

function guestEnv(): Record<string, string> {
  return { BABYSIT_TEST_DRIVER: 'v2', ...(process.env.CI === undefined ? {} : { CI: process.env.CI }) };
}

/** One boot for all files; each in a process of its own, as a group with two of ours has to be refused. */
const EACH = `code=0
for file in $IN_UNIT; do $UNIT "$NODE" "$file" || code=1; done
for file in $AS_USER; do "$NODE" "$file" || code=1; done
[ -z "$AS_UNITS" ] || BABYSIT_ENVELOPE_DRIVER=systemd "$NODE" --test-name-pattern="$AS_UNITS" $TASKS || code=1
exit $code`;

// A guest has one processor, and much of its time it waits.
describe('in guests', { concurrency: 2 }, () => {
  for (const { kind, unit, inUnit, asUser, asUnits } of GUESTS)
    test(`${[...inUnit, ...asUser].join(', ')} in a ${kind} guest`, {
      skip: skipWithout(kind),
      timeout: 480_000,
    }, async (t) => {
      const { code, output } = await runInGuest(kind, ['sh', '-c', EACH], {
        timeoutMs: 450_000,
        env: {
          ...guestEnv(),
          UNIT: unit.join(' '),
          NODE: process.execPath,
          IN_UNIT: inUnit.join(' '),
          AS_USER: asUser.join(' '),
          AS_UNITS: asUnits?.source ?? '',
          TASKS: TASKS.join(' '),
        },
      });
      t.diagnostic(
        output
          .split('\n')
          .filter((line) => line.startsWith('ℹ'))
          .join(' '),
      );
      assert.equal(code, 0, output);
      const runs = inUnit.length + asUser.length + (asUnits === null ? 0 : 1);
      assert.equal(output.match(/pass [1-9]/g)?.length, runs, output);
    });
});
