// GET /v1/history/summary over the real database: groups, filters, spans and pages; and the use of the host from its series.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { NOW } from '../../../test/support/build/build-snapshot.ts';
import { aKill, anAttempt, aTask, ENDED, GIB, taskId } from '../../../test/support/build/build-task.ts';
import type { Task } from '../../core/task.ts';
import { HOST_FIELDS } from '../../series/fields.ts';

const HOUR_MS = 3_600_000;

/** Task `n` ended `agoMs` before now, after ten seconds. */
function ended(n: number, agoMs: number, changes: Partial<Task> = {}): Task {
  const endedAt = NOW - agoMs;
  const attempt = anAttempt({ startedAt: endedAt - 10_000 });
  const state = { ...ENDED.completed, attempt, endedAt };
  return aTask({ id: taskId(n), name: `t-${n}`, submittedAt: endedAt - 15_000, state, ...changes });
}

function historyOf(t: TestContext, tasks: readonly Task[]) {
  const service = serviceOf(t);
  const nothing = { environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] };
  service.store.commit({ tasks, ...nothing });
  return {
    ...service,
    history: async (query = '') => (await service.ask('GET', `/v1/history/summary?${query}`)).body,
  };
}

describe('the history', () => {
  it('groups what ended in the window by command, owner or project', async (t) => {
    const line = (text: string) => ({ command: { kind: 'shell', line: text } as const });
    const { history } = historyOf(t, [
      ended(1, HOUR_MS, { ...line('npm test -- a'), owner: 'alice' }),
      ended(2, 2 * HOUR_MS, { ...line('npm test -- b'), owner: 'bob' }),
      ended(3, 3 * HOUR_MS, { ...line('make all'), owner: 'bob', project: '/other' }),
      ended(4, 30 * HOUR_MS, line('make old')),
      aTask({ id: taskId(5), name: 'live' }),
    ]);
    const keys = async (query: string) =>
      (await history(query)).groups.map(({ key, tasks }: { key: string; tasks: number }) => [key, tasks]);
    assert.deepEqual(await keys('since=1d'), [
      ['npm test', 2],
      ['make all', 1],
    ]);
    assert.deepEqual((await keys('since=1d&by=owner')).sort(), [
      ['alice', 1],
      ['bob', 2],
    ]);
    assert.deepEqual((await keys('since=1d&by=project&owner=bob')).sort(), [
      ['/other', 1],
      ['/project', 1],
    ]);
    assert.deepEqual(await keys('since=1d&project=/other&by=owner'), [['bob', 1]]);
    const limited = await history('since=2d&limit=1');
    assert.deepEqual([limited.tasks, limited.groups.length, limited.left_out], [4, 1, 2]);
    assert.deepEqual([limited.wait_ms, limited.waited_ms], [{ n: 4, p50: 5_000, p90: 5_000 }, 20_000]);
    for (const query of ['since=0', 'by=day', 'limit=0'])
      assert.equal((await history(query)).error, 'usage', query);
  });

  it('counts every task once over many pages with equal times, and kills by reason', async (t) => {
    const kill = aKill({ reason: 'observability_stall' });
    const tasks = Array.from({ length: 150 }, (_, n) => ended(n + 1, HOUR_MS));
    const state = {
      ...ENDED.killed,
      kill,
      attempt: anAttempt({ startedAt: NOW - 60_000 }),
      endedAt: NOW - 20_000,
    };
    const { history } = historyOf(t, [...tasks, ended(200, 0, { state })]);
    const view = await history('since=24h');
    assert.deepEqual([view.tasks, view.completed, view.killed], [151, 150, 1]);
    assert.deepEqual(view.kills, [
      { reason: 'observability_stall', attempts: 1, lost_ms: 40_000, lost_cpu_seconds: 12 },
    ]);
    assert.equal(view.spans.length, 48);
    const spans = view.spans as { completed: number; killed: number }[];
    assert.deepEqual([spans.at(-3)?.completed, spans.at(-1)?.killed], [150, 1]);
    assert.equal(view.idle, null);
  });

  it('shows the room that stayed unused, by the series of the host, and none of a gap', async (t) => {
    const { history, recorder } = historyOf(t, []);
    const point = (at: number, pending: number) => {
      const use: Record<string, number> = {
        ...{ mem_total_bytes: 20 * GIB, mem_reserve_bytes: 4 * GIB, mem_ours_bytes: 6 * GIB },
        ...{ mem_outside_bytes: 2 * GIB, cpu_ours_cores: 4, cpu_outside_cores: 2, pending },
      };
      return { at, host: HOST_FIELDS.map(({ name }) => use[name] ?? 0), tasks: [] };
    };
    for (let minute = 0; minute < 20; minute += 1)
      recorder.record(point(NOW - 2 * HOUR_MS + minute * 60_000, minute < 10 ? 1 : 0));
    const { idle, spans } = await history('since=4h');
    assert.deepEqual([idle.free_mem_pct, idle.free_cpu_pct], [40, 25]);
    assert.ok(idle.recorded_ms <= 23 * 60_000, String(idle.recorded_ms));
    assert.ok(idle.waiting_ms >= 9 * 60_000 && idle.waiting_ms <= 11 * 60_000, String(idle.waiting_ms));
    const used = (spans as { mem_ours_pct: number | null; cpu_outside_pct: number | null }[]).filter(
      ({ mem_ours_pct }) => mem_ours_pct !== null,
    );
    assert.ok(
      used.length >= 3 && used.every((span) => span.mem_ours_pct === 30 && span.cpu_outside_pct === 25),
    );
  });
});
