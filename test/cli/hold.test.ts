// babysit hold and release: what a user sees, across a restart of the daemon, and that an agent may not.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('babysit hold', () => {
  it('keeps tasks from starting until the release, tells who waits, and survives the daemon', async (t) => {
    const home = testHome(t);
    const done = join(home.work, 'done');
    await submit(home, 'runs', until(done));
    const held = await home.run(['hold', '--for=1h', '--reason=call', '--drain']);
    assert.equal(held.code, 0, held.stderr);
    const hold = jsonLine(held.stdout);
    assert.deepEqual([hold.scope, hold.reason, hold.held, hold.running], ['all', 'call', 0, 1]);
    assert.ok(String(hold.expected_end) <= String(hold.latest_end));

    const denied = await home.run(['run', ...SMALL, '--force', 'true']);
    assert.equal(denied.code, 2);
    const denial = jsonLine(denied.stderr);
    assert.deepEqual([denial.error, denial.dim], ['capacity_exceeded', 'hold']);

    await submit(home, 'waits', 'true', '--queue');
    const waiter = home.start(['wait', 'waits']);
    const lines = () => jsonLines(waiter.stderr());
    await waitUntil(() => lines().some(({ dim }) => dim === 'hold'), { what: 'the waiter to be told' });
    const restarted = await home.run(['daemon-restart']);
    assert.equal(restarted.code, 0, restarted.stderr);
    const waiting = (await show(home, 'waits')).waiting as Record<string, unknown>;
    assert.equal(waiting.dim, 'hold');
    assert.ok(String(waiting.latest_start) >= String(hold.until), JSON.stringify(waiting));
    assert.equal((await show(home, 'runs')).status, 'running');
    assert.match((await home.run(['doctor'])).stdout, /holds the start of all tasks \(call\)/);
    assert.match((await home.run(['list'])).stdout, /"hold":\{"scope":"all"/);

    const agent = { env: { CLAUDE_CODE_SESSION_ID: 's' } };
    for (const verb of ['hold', 'release'])
      assert.equal(jsonLine((await home.run([verb], agent)).stderr).error, 'operator_only');
    const drained = home.start(['hold', '--wait']);
    const holds = async () => jsonLines((await home.run(['events', '--event=hold'])).stdout);
    await waitUntil(async () => (await holds()).length === 2, { what: 'the second hold' });
    assert.equal((await home.run(['release'])).code, 0);
    assert.equal((await waiter.done).code, 0, waiter.stderr());
    assert.equal((await home.run(['run', ...SMALL, '--wait', `--command=touch ${done}`])).code, 0);
    assert.equal((await drained.done).code, 0);
    const events = jsonLines((await home.run(['events', '--event=hold,release'])).stdout);
    assert.deepEqual(
      events.slice(0, 2).map(({ event, reason, scope }) => [event, reason ?? null, scope]),
      [
        ['hold', 'call', 'all'],
        ['hold', null, 'all'],
      ],
    );
    assert.equal((await home.run(['release', 'nobody'])).code, 1);
  });

  it('of one task or a project leaves the others alone', async (t) => {
    const home = testHome(t);
    await home.run(['hold', '--project']);
    await submit(home, 'held', 'true', '--queue', '--owner=ci', '--tag=nightly');
    assert.equal((await home.run(['run', ...SMALL, '--wait', 'true'], { cwd: '/' })).code, 0);
    const wrong = await home.run(['release']);
    assert.deepEqual([wrong.code, jsonLine(wrong.stderr).error], [1, 'not_held']);
    await home.run(['hold', 'held']);
    await home.run(['release', '--project']);
    assert.equal((await show(home, 'held')).status, 'pending');
    const waiter = home.start(['wait', 'held']);
    const toldOf = (scope: string) =>
      waitUntil(() => heldBy(waiter.stderr()) === scope, {
        what: `the waiter to know of the hold by ${scope}`,
      });
    // Each hold keeps the task before the one before it is released.
    let release = 'held';
    for (const [flag, scope] of [
      ['--owner=ci', 'owner'],
      ['--tag=nightly', 'tag'],
    ] as const) {
      assert.equal((await home.run(['hold', flag])).code, 0);
      assert.equal((await home.run(['release', release])).code, 0);
      await toldOf(scope);
      release = flag;
    }
    assert.equal((await home.run(['release', release])).code, 0);
    assert.equal((await waiter.done).code, 0, waiter.stderr());
  });
});

/** The scope of the last hold of which a waiting client was informed. */
function heldBy(stderr: string): unknown {
  const holds = jsonLines(stderr).flatMap(({ hold }) => hold ?? []);
  return (holds.at(-1) as { readonly scope?: unknown } | undefined)?.scope;
}
