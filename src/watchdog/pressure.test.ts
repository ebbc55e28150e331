// A host short of memory or disk: which task is killed, when, and when none is.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB, MIB, taskId } from '../../test/support/build/build-task.ts';
import { aTaskUse, Host, PRESSURE_RULES } from '../../test/support/rigs/pressure-rig.ts';
import { isUnderPressure, ongoingPressure } from './pressure.ts';

const [A, B, C] = [taskId(1), taskId(2), taskId(3)];
const hog = aTaskUse(A, { memBytes: 20 * GIB, estimatedMemBytes: 4 * GIB });
const big = aTaskUse(B, { memBytes: 25 * GIB, estimatedMemBytes: 30 * GIB });
const small = aTaskUse(C, { memBytes: GIB, estimatedMemBytes: 0.5 * GIB });

describe('memory pressure', () => {
  it('begins at once, and kills after the whole window', () => {
    const host = new Host({ tasks: [hog, big] });
    host.steps(30, { usedPct: 80 });
    assert.ok(isUnderPressure(host.state));
    assert.deepEqual([host.reported(), host.kills], [['pressure_began:mem'], []]);
    host.steps(1, { usedPct: 80 });
    assert.deepEqual(
      host.kills.map(({ id, reason }) => [id, reason]),
      [[A, 'system_mem_pressure']],
    );
  });

  it('does not begin at the limit', () => {
    const host = new Host({ tasks: [hog] }).steps(100, { usedPct: 70 });
    assert.deepEqual([host.reported(), host.kills, isUnderPressure(host.state)], [[], [], false]);
  });

  it('starts its window over after one good sample, and ends after five calm seconds', () => {
    const host = new Host({ tasks: [hog] }).steps(30, { usedPct: 80 }).steps(1, { usedPct: 60 });
    assert.ok(isUnderPressure(host.state));
    host.steps(30, { usedPct: 80 });
    assert.deepEqual([host.kills, host.reported()], [[], ['pressure_began:mem']]);
    host.steps(5, { usedPct: 60 });
    assert.deepEqual(host.reported(), ['pressure_began:mem', 'pressure_ended:mem']);
    assert.ok(!isUnderPressure(host.state));
  });

  it('kills the task above its estimate, although another uses more', () => {
    assert.equal(new Host({ tasks: [big, hog] }).steps(31, { usedPct: 90 }).kills[0]?.id, A);
  });

  it('kills a task within its estimate when none above would relieve the host', () => {
    const host = new Host({ tasks: [small, big] }).steps(31, { usedPct: 95 });
    assert.equal(host.kills[0]?.id, B);
    assert.equal(host.kills[0]?.detail.victim_tier, 'within_estimate');
  });

  it('kills the youngest of equal tasks', () => {
    const twin = (id: typeof A) => aTaskUse(id, { memBytes: 20 * GIB, estimatedMemBytes: GIB });
    assert.equal(new Host({ tasks: [twin(A), twin(C), twin(B)] }).steps(31, { usedPct: 90 }).kills[0]?.id, C);
  });

  it('from outside kills nothing, and is reported once with the name of the process', () => {
    const host = new Host({ tasks: [small] });
    host.steps(120, { usedPct: 90 });
    assert.deepEqual([host.reported(), host.kills], [['pressure_began:mem', 'external_cause:mem'], []]);
    assert.deepEqual(
      ongoingPressure(host.state).map(({ dim, lastedMs, cause }) => [dim, lastedMs, cause?.cause]),
      [['mem', 119_000, 'external']],
    );
    const [, external] = host.events;
    assert.deepEqual(external?.detail, {
      host_mem_pct: 90,
      limit_pct: 70,
      psi_mem_full_avg10_pct: null,
      psi_limit_pct: 60,
      excess_bytes: 20 * GIB,
      our_mem_bytes: GIB,
      outside_mem_bytes: 89 * GIB,
      sustained_s: 30,
      top_outside_name: 'firefox',
      top_outside_pid: 4711,
      top_outside_rss_bytes: 9 * GIB,
    });
    assert.equal(host.outsideLooks, 1);
  });

  it('from outside is reported again in the next episode, and a growing task of ours is found', () => {
    const host = new Host({ tasks: [small] }).steps(40, { usedPct: 90 }).steps(6, { usedPct: 50 });
    host.steps(40, { usedPct: 90 });
    assert.equal(host.reported().filter((event) => event === 'external_cause:mem').length, 2);
    host.tasks = [small, hog];
    host.steps(1, { usedPct: 90 });
    assert.equal(host.kills[0]?.id, A);
  });

  it('from many small tasks kills none of them, because no single one would relieve the host', () => {
    const crowd = Array.from({ length: 30 }, (_, n) =>
      aTaskUse(taskId(n), { memBytes: GIB, estimatedMemBytes: 0.5 * GIB }),
    );
    const host = new Host({ tasks: crowd }).steps(60, { usedPct: 85 });
    assert.deepEqual([host.kills, host.reported()], [[], ['pressure_began:mem', 'spread_cause:mem']]);
  });

  it('waits for the memory of a victim before it kills another', () => {
    const host = new Host({ tasks: [hog, big] }).steps(31, { usedPct: 95 });
    host.tasks = [{ ...hog, endingMs: 0 }, big];
    host.steps(29, { usedPct: 95 });
    assert.equal(host.kills.length, 1);
    // It does not end, so its memory no longer counts as released soon.
    host.tasks = [{ ...hog, endingMs: 31_000 }, big];
    host.steps(1, { usedPct: 95 });
    assert.deepEqual(
      host.kills.map(({ id }) => id),
      [A, B],
    );
  });

  it('kills no task when a requested kill is about to relieve the host', () => {
    const host = new Host({ tasks: [{ ...hog, endingMs: 500 }, big] }).steps(60, { usedPct: 85 });
    assert.deepEqual(host.kills, []);
  });

  it('kills no task when the second sample shows no pressure, or another victim', () => {
    const host = new Host({ tasks: [hog, big] });
    host.beforeSecondLook = { usedPct: 69 };
    host.steps(60, { usedPct: 90 });
    assert.deepEqual([host.kills, host.outsideLooks > 0], [[], true]);
    host.beforeSecondLook = { tasks: [{ ...hog, memBytes: GIB }, big] };
    host.steps(60, { usedPct: 90 });
    assert.deepEqual(host.kills, []);
  });

  it('does not count a gap without samples, and keeps the time before it', () => {
    const host = new Host({ tasks: [hog] }).steps(10, { usedPct: 90 }).steps(1, { usedPct: 90, ms: 600_000 });
    host.steps(20, { usedPct: 90 });
    assert.deepEqual(host.kills, []);
    assert.equal(host.steps(1, { usedPct: 90 }).kills.length, 1);
  });

  it('decides nothing at the first sample after a gap', () => {
    const host = new Host({ tasks: [big] }).steps(31, { usedPct: 60 });
    host.tasks = [hog];
    host.beforeSecondLook = { usedPct: 60 };
    host.steps(31, { usedPct: 90 });
    host.beforeSecondLook = {};
    assert.deepEqual(host.steps(1, { usedPct: 90, ms: 600_000 }).kills, []);
    assert.equal(host.steps(1, { usedPct: 90 }).kills.length, 1);
  });

  it('starts the window over when the host has room after a gap', () => {
    const host = new Host({ tasks: [hog] }).steps(30, { usedPct: 90 }).steps(1, { usedPct: 60, ms: 600_000 });
    assert.deepEqual(host.steps(30, { usedPct: 90 }).kills, []);
  });

  it('is detected by PSI when the use of memory is low', () => {
    const host = new Host({ tasks: [hog] }).steps(31, { usedPct: 60, memFullAvg10Pct: 61 });
    assert.equal(host.kills[0]?.detail.psi_mem_full_avg10_pct, 61);
    const outside = new Host({ tasks: [small] }).steps(31, { usedPct: 60, memFullAvg10Pct: 61 });
    assert.deepEqual([outside.kills, outside.reported().at(-1)], [[], 'external_cause:mem']);
  });

  describe('with less than half of the reserve left', () => {
    const rules = { ...PRESSURE_RULES, memReserveBytes: 20 * GIB };

    it('kills after the short window', () => {
      const host = new Host({ tasks: [hog, big], rules }).steps(1, { usedPct: 91 }).steps(1, { usedPct: 91 });
      assert.equal(host.kills.length, 0);
      const [kill] = host.steps(1, { usedPct: 91 }).kills;
      assert.deepEqual([kill?.id, kill?.detail.excess_bytes], [A, 21 * GIB]);
    });

    it('waits for the whole window as long as half of it is left', () => {
      assert.deepEqual(new Host({ tasks: [hog], rules }).steps(30, { usedPct: 90 }).kills, []);
    });

    it('kills the next victim after the short window, unless the first one frees enough', () => {
      const killsAfter = (memBytes: number) => {
        const first = { ...hog, memBytes };
        const host = new Host({ tasks: [first, big], rules }).steps(3, { usedPct: 91 });
        host.tasks = [{ ...first, endingMs: 500 }, big];
        return host.steps(3, { usedPct: 91 }).kills.map(({ id }) => id);
      };
      assert.deepEqual([killsAfter(20 * GIB), killsAfter(30 * GIB)], [[A, B], [A]]);
    });

    it('kills no task for a cause outside', () => {
      const host = new Host({ tasks: [small], rules }).steps(20, { usedPct: 95 });
      assert.deepEqual([host.kills, host.reported().at(-1)], [[], 'external_cause:mem']);
    });
  });

  it('has the numbers of the host, the victim and the outside', () => {
    assert.deepEqual(new Host({ tasks: [hog, big] }).steps(31, { usedPct: 80 }).kills[0]?.detail, {
      host_mem_pct: 80,
      limit_pct: 70,
      psi_mem_full_avg10_pct: null,
      psi_limit_pct: 60,
      excess_bytes: 10 * GIB,
      our_mem_bytes: 45 * GIB,
      outside_mem_bytes: 35 * GIB,
      sustained_s: 30,
      top_outside_name: 'firefox',
      top_outside_pid: 4711,
      top_outside_rss_bytes: 9 * GIB,
      victim_mem_bytes: 20 * GIB,
      victim_tier: 'above_estimate',
      estimated_mem_bytes: 4 * GIB,
    });
  });

  it('names the session or terminal to which the process outside belongs', () => {
    const host = new Host({ tasks: [small] });
    host.outsideOf = 'terminal pts/3';
    assert.equal(host.steps(40, { usedPct: 90 }).events[1]?.detail.top_outside_of, 'terminal pts/3');
  });

  it('in a dry run reports each victim once and kills no task', () => {
    const host = new Host({ tasks: [hog, big], rules: { ...PRESSURE_RULES, dryRun: true } });
    host.steps(200, { usedPct: 90 });
    assert.deepEqual([host.kills, host.wouldKill.map(({ id }) => id)], [[], [A]]);
  });
});

describe('disk pressure', () => {
  const writer = (id: typeof A, writtenBytes: number) =>
    aTaskUse(id, { memBytes: MIB, estimatedMemBytes: GIB, writtenBytes });
  /** One second in which each task writes so much and the disk grows so much. */
  function fill(host: Host, seconds: number, written: readonly number[], grownBytes: number): Host {
    for (let n = 0; n < seconds; n += 1) {
      host.tasks = host.tasks.map((task, index) =>
        writer(task.id, (task.writtenBytes ?? 0) + (written[index] ?? 0)),
      );
      host.step({ usedPct: 10, diskGrownBytes: grownBytes });
    }
    return host;
  }
  const tasks = [writer(A, 900 * GIB), writer(B, 0)];

  it('kills the task that writes now, not the one that wrote most before', () => {
    const host = fill(new Host({ tasks, diskUsedPct: 98.5 }), 31, [MIB, 40 * MIB], 42 * MIB);
    assert.deepEqual(
      host.kills.map(({ id, reason, detail }) => [id, reason, detail.victim_written_bytes]),
      [[B, 'system_disk_pressure', 30 * 40 * MIB]],
    );
  });

  it('from outside kills nothing', () => {
    const host = fill(new Host({ tasks, diskUsedPct: 98.5 }), 60, [MIB, MIB], 100 * MIB);
    assert.deepEqual([host.kills, host.reported()], [[], ['pressure_began:disk', 'external_cause:disk']]);
  });

  it('of a full disk without writes kills nothing', () => {
    assert.deepEqual(fill(new Host({ tasks, diskUsedPct: 99.9 }), 60, [0, 0], 0).kills, []);
  });

  it('needs more than the limit', () => {
    const host = fill(new Host({ tasks, diskUsedPct: 97 }), 60, [0, MIB], MIB);
    assert.deepEqual([host.kills, isUnderPressure(host.state)], [[], false]);
  });

  it('without measured writers kills nothing', () => {
    const host = new Host({ tasks: [aTaskUse(A, { writtenBytes: null })], diskUsedPct: 99 });
    host.steps(60, { usedPct: 10, diskGrownBytes: MIB });
    assert.deepEqual(host.kills, []);
  });
});
