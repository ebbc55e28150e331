// The wall clock is set while tasks run, wait and hold leases: nothing is killed, ends early, or waits without end.
import assert from 'node:assert/strict';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { LeaseView } from '../../src/api/schemas/capacity.ts';
import type { TaskId } from '../../src/core/task.ts';
import type { Change } from '../../src/core/transition/transition.ts';
import { readRecords } from '../../src/exec/records.ts';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { serviceOf } from '../support/build/build-service.ts';
import { anExit } from '../support/build/build-task.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { show, submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const DAY_MS = 86_400_000;
const JUMPS = [
  ['a day forward', DAY_MS],
  ['a day back', -DAY_MS],
  ['ten years forward', 3653 * DAY_MS],
  ['ten years back', -3653 * DAY_MS],
] as const;
/** The longest back-off. */
const LONGEST_BACKOFF_S = 300;

/** A service whose timers and clocks move only by the test. */
function rigOf(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const rig = serviceOf(t);
  rig.makeRoom();
  rig.makeGroups();
  const settle = async () => {
    // More turns of the event loop than a round and its effects take.
    for (let count = 0; count < 20; count += 1) await turn();
  };
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second += 1) {
      rig.host.monoMs += 1000;
      t.mock.timers.tick(1000);
      await settle();
    }
  };
  /** As if the daemon had observed it. */
  const change = (id: string, what: Change) =>
    new Promise<void>((resolve, reject) => {
      rig.engine.request({ apply: (stage) => void stage.change(id as TaskId, what), resolve, reject });
    });
  const start = async (name: string, more: object = {}) => {
    const { id } = (await rig.run({ name, ...more })).body;
    await settle();
    await begin(id);
    return id as string;
  };
  const begin = async (id: string) => {
    const task = rig.store.byId(id);
    assert.ok(task?.state.status === 'running', `${task?.state.status}`);
    const { group, dispatchedAt } = task.state.attempt;
    await change(id, { kind: 'started', pid: null, group, at: dispatchedAt });
  };
  const events = (id: string) => rig.store.eventsAfter(id as TaskId, 0).map(({ event }) => event);
  return { ...rig, settle, seconds, change, start, begin, events };
}

describe('when the wall clock is set', () => {
  for (const [what, jumpMs] of JUMPS) {
    it(`${what}, a running task runs on, without a warning`, async (t) => {
      const { start, seconds, host, task, events } = rigOf(t);
      const id = await start('long', { estimated_time: '10m', observability_interval: '5m' });
      await seconds(5);
      host.wallJumpMs = jumpMs;
      await seconds(20);
      assert.equal((await task(id)).status, 'running');
      assert.deepEqual(events(id), ['submitted', 'started']);
    });

    it(`${what}, a dispatched task that has not begun is kept`, async (t) => {
      const { run, settle, seconds, host, task } = rigOf(t);
      const { id } = (await run({ name: 'slow' })).body;
      await settle();
      host.wallJumpMs = jumpMs;
      await seconds(5);
      const { status, attempt } = await task(id);
      assert.deepEqual([status, attempt], ['running', 1]);
      host.monoMs += 120_000;
      await seconds(1);
      assert.equal((await task(id)).attempt, 2, 'it is given up after two minutes, and started again');
    });

    it(`${what}, a lease holds for its time and no longer`, async (t) => {
      const { service, seconds, settle, host } = rigOf(t);
      const granted: LeaseView[] = [];
      const request = { memBytes: 1024, cpuCores: 1, timeMs: null, leaseTtlMs: 60_000, priority: 0 };
      service.awaitCapacity(
        { ...request, project: '/', owner: null, sinceMs: null },
        { waiting() {}, granted: (view) => granted.push(view), failed: assert.fail },
      );
      await settle();
      assert.equal(granted.length, 1);
      host.wallJumpMs = jumpMs;
      await seconds(50);
      assert.equal((await service.status()).leases.length, 1);
      await seconds(15);
      assert.equal((await service.status()).leases.length, 0);
    });

    it(`${what}, the order of the queue stays`, async (t) => {
      const { start, begin, run, change, settle, seconds, host, task } = rigOf(t);
      // No two have room together.
      const most = { estimated_mem_bytes: '9G', observability_interval: 0, queue: true };
      const end = async (id: string) => {
        const at = Date.parse((await task(id)).started_at);
        await change(id, { kind: 'end', exit: anExit(), usage: null, at });
        await settle();
      };
      const holder = await start('holder', most);
      const queued = async (name: string, priority: number, time: string): Promise<string> =>
        (await run({ ...most, name, owner: name, priority, estimated_time: time })).body.id;
      const low = await queued('low', 0, '1m');
      const high = await queued('high', 5, '10h');
      // Room is kept for this one.
      const first = await queued('first', 9, '10h');
      await seconds(5);
      host.wallJumpMs = jumpMs;
      await seconds(5);
      await end(holder);
      await begin(first);
      await end(first);
      assert.deepEqual([(await task(low)).status, (await task(high)).status], ['pending', 'running']);
    });

    it(`${what}, a back-off ends, and one attempt follows`, async (t) => {
      const { start, begin, change, seconds, host, task } = rigOf(t);
      const id = await start('flaky', { retries: 3, retry_backoff: '10s', observability_interval: 0 });
      const fail = async () => {
        const at = Date.parse((await task(id)).started_at);
        await change(id, { kind: 'end', exit: { ...anExit(), code: 3 }, usage: null, at });
      };
      await fail();
      assert.equal((await task(id)).status, 'pending');
      host.wallJumpMs = jumpMs;
      for (let waited = 0; waited < LONGEST_BACKOFF_S && (await task(id)).status === 'pending'; waited += 1)
        await seconds(1);
      assert.deepEqual([(await task(id)).status, (await task(id)).attempt], ['running', 2]);
      await begin(id);
      await fail();
      assert.equal((await task(id)).status, 'pending');
      await seconds(5);
      assert.deepEqual([(await task(id)).status, (await task(id)).attempt], ['pending', 2]);
    });
  }

  it('while no daemon lives, the next daemon kills nothing', async (t) => {
    const home = testHome(t);
    const shiftOf = new Map(JUMPS.map(([, jumpMs], index) => [`task-${index}`, jumpMs]));
    for (const name of shiftOf.keys()) await submit(home, name, 'echo out; sleep 600');
    const isRunning = async (name: string) => (await show(home, name)).started_at !== null;
    for (const name of shiftOf.keys()) await waitUntil(() => isRunning(name), { what: `${name} to run` });
    const pid = daemonPid(home);
    process.kill(pid, 'SIGKILL');
    await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
    // A clock that was set and records that are older by the same time look the same to the next daemon.
    const db = new Database(join(home.dir, 'babysit.db'));
    const shift = db.prepare(
      `UPDATE tasks SET body = json_set(body, '$.state.attempt.startedAt', body ->> '$.state.attempt.startedAt' - ?,
       '$.state.attempt.dispatchedAt', body ->> '$.state.attempt.dispatchedAt' - ?) WHERE name = ? RETURNING id`,
    );
    for (const [name, jumpMs] of shiftOf) {
      const { id } = shift.get(jumpMs, jumpMs, name) as { id: string };
      const log = join(home.dir, 'tasks', id, '1.log');
      const at = (statSync(log).mtimeMs - jumpMs) / 1000;
      utimesSync(log, at, at);
      const attempt = join(home.dir, 'tasks', id, '1');
      const claim = join(attempt, 'claim');
      const { started } = readRecords(attempt);
      const records = readFileSync(claim, 'utf8');
      const shifted = records.replace(
        /^(\w+) ([\d.]+)/gm,
        (_, what, seconds) => `${what} ${(Number(seconds) - jumpMs / 1000).toFixed(6)}`,
      );
      writeFileSync(claim, shifted);
      assert.ok(started !== null);
      assert.deepEqual(readRecords(attempt).started, { ...started, at: started.at - jumpMs });
    }
    db.close();
    await home.run(['daemon-start']);
    const isSampled = async (name: string) => (await show(home, name)).silent_ms !== null;
    for (const name of shiftOf.keys()) {
      await waitUntil(() => isSampled(name), { what: `${name} to be watched` });
      const { status, kill_reason } = await show(home, name);
      assert.deepEqual([status, kill_reason], ['running', null]);
    }
  });
});
