// One test that runs integration tests again in a guest, on a kernel that this machine lacks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuestKind, runInGuest, skipWithout } from './guest.ts';

/** Each of `commands` is a shell line in a process of its own, because a shared group is refused. `$NODE` is this Node. */
export function guestTest(kind: GuestKind, commands: readonly string[]): void {
  test(`in a ${kind} guest`, { skip: skipWithout(kind), timeout: 4_830_000 }, async (t) => {
    const each = commands.map((command) => `${command} || code=1`);
    const { code, output } = await runInGuest(kind, ['sh', '-c', `code=0; ${each.join('; ')}; exit $code`], {
      timeoutMs: 4_800_000,
      env: { ...guestEnv(), NODE: process.execPath },
    });
    const summary = output.split('\n').filter((line) => line.startsWith('ℹ'));
    t.diagnostic(summary.join(' '));
    assert.equal(code, 0, output);
    assert.equal(output.match(/pass [1-9]/g)?.length, commands.length, output);
  });
}

export function guestEnv(): Record<string, string> {
  return {
    BABYSIT_TEST_DRIVER: 'v2',
    BABYSIT_TEST_PATIENCE: '2',
    // In a slow guest the start of a program, or a page fault, takes longer than the windows of these rules.
    BABYSIT_WATCHDOG_TOLERANCE_WINDOW: '20m',
    BABYSIT_DEFAULTS_OBSERVABILITY_INTERVAL: '20m',
    ...(process.env.CI === undefined ? {} : { CI: process.env.CI }),
  };
}

/** The command for a file of tests. `only`: the tests of these names. */
export function node(file: string, only?: RegExp): string {
  return `"$NODE" ${only === undefined ? '' : `--test-name-pattern='${only.source}' `}${file}`;
}

/** Only the driver, in a group with a single process. */
export const DRIVER = 'test/integration/cgroups.test.ts';
/** Its evidence about the end of a group, in the same way. */
export const ENDS = 'test/integration/cgroup-ends.test.ts';
/** These start the daemon as a user does, so that it must find its own group. */
export const TASKS = 'test/integration/tasks.test.ts';
