// Which part of its time a task is ready and not run.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { subject, Watch } from '../../test/support/rigs/watch-rig.ts';
import type { Subject } from './judge.ts';
import { lowSharePct, starvedPart } from './starvation.ts';

const MINUTE = 60_000;

describe('the starved part of the time', () => {
  const TABLE: [what: string, readyCores: number, gotCores: number, claimedCores: number, part: number][] = [
    ['of a thread that runs', 1, 1, 1, 0],
    ['of a thread that got a seventh', 1, 0.14, 1, 0.86],
    ['of a thread that got next to nothing', 1, 0.01, 1, 0.9],
    ['of a thread that is ready half of the time and got half of that', 0.5, 0.25, 1, 0.25],
    ['of more threads than its estimate, which it got', 8, 2, 2, 0],
    ['of more threads than its estimate, which got half of it', 8, 1, 2, 0.5],
    ['of a thread that got its small estimate', 1, 0.5, 0.5, 0],
    ['of an idle task', 0, 0, 1, 0],
  ];
  for (const [what, readyCores, gotCores, claimedCores, part] of TABLE)
    it(what, () =>
      assert.equal(Math.round(100 * starvedPart({ readyCores, gotCores }, claimedCores)) / 100, part),
    );

  it('is none when nothing was measured', () => assert.equal(starvedPart(null, 1), 0));

  it('is never all of the time, nor more than a task was ready', () => {
    const cores = fc.double({ min: 0, max: 64, noNaN: true });
    fc.assert(
      fc.property(cores, cores, cores, (waited, gotCores, claimedCores) => {
        const readyCores = gotCores + waited;
        const part = starvedPart({ readyCores, gotCores }, claimedCores);
        assert.ok(part >= 0 && part <= Math.min(0.9, readyCores), `${part}`);
      }),
    );
  });

  it('is worth a word from a quarter on', () => {
    assert.deepEqual([lowSharePct(0, 0), lowSharePct(24, 100), lowSharePct(26, 100)], [null, null, 74]);
  });
});

describe('a task that the host does not run', () => {
  const STARVED = { demand: { readyCores: 1, gotCores: 0.1 } };
  const quiet = subject({ limits: { observabilityMs: MINUTE, killTimeoutMs: 60 * MINUTE } });
  const one: Subject = { ...quiet, bound: { ...quiet.bound, cpuCores: 1 } };

  it('is silent only while it gets CPU, at a tenth of the time or more', () => {
    const watch = new Watch(one).steps(599, STARVED);
    assert.deepEqual([watch.reported(), watch.kill], [['stall_risk'], null]);
    const { kill } = watch.steps(2, STARVED);
    assert.deepEqual(
      [kill?.reason, kill?.detail.silent_ms, kill?.detail.cpu_share_pct],
      ['observability_stall', 601_000, 10],
    );
  });

  it('is silent as any other once it waits, and after output', () => {
    assert.equal(new Watch(one).steps(60, STARVED).steps(54, {}).kill, null);
    assert.equal(new Watch(one).steps(60, STARVED).steps(55, {}).kill?.reason, 'observability_stall');
    const watch = new Watch(one).steps(60, STARVED).steps(1, { prints: 1 });
    assert.equal(watch.steps(60, {}).kill, null);
    assert.equal(watch.steps(1, {}).kill?.reason, 'observability_stall');
  });

  describe('has its kill timeout extended', () => {
    /** Estimated at one minute and one core; `share`: of the CPU time that it wants. */
    const minute = {
      ...one,
      estimate: { ...one.estimate, timeMs: MINUTE },
      bound: { ...one.bound, timeMs: MINUTE },
    };
    const follows: Subject = {
      ...minute,
      limits: { ...one.limits, killTimeoutMs: 2 * MINUTE, observabilityMs: 0 },
    };
    const served = (share: number) => ({ cores: share, waitPerCpuSecond: (1 - share) / share });
    const killedAt = (watched: Subject, step: Parameters<Watch['step']>[0], watch = new Watch(watched)) => {
      while (watch.kill === null) watch.steps(1, step);
      return [watch.kill.detail.elapsed_ms, watch.kill.detail.cpu_share_pct];
    };

    for (const [share, ends, pct] of [
      [1, 121_000, undefined],
      [0.8, 121_000, undefined],
      [0.7, 172_000, 70],
      [0.5, 241_000, 50],
      [0.2, 241_000, 20],
    ] as const)
      it(`to ${ends} ms at ${100 * share} %`, () =>
        assert.deepEqual(killedAt(follows, served(share)), [ends, pct]));

    it('and says so once, without a second warning', () => {
      const watch = new Watch(follows).steps(200, served(0.5));
      assert.deepEqual(watch.reported(), ['runaway_risk:elapsed', 'time_extended']);
      const [risk, extended] = watch.events;
      assert.deepEqual(risk && 'cpu_share_pct' in risk && risk.cpu_share_pct, 50);
      assert.deepEqual(extended && 'kill_timeout_ms' in extended && extended.kill_timeout_ms, 4 * MINUTE);
    });

    it('but not when it waits for something else', () => assert.equal(killedAt(follows, {})[0], 121_000));

    it('but not one of its own', () => {
      const own: Subject = { ...follows, limits: { ...follows.limits, killTimeoutMs: 90_000 } };
      assert.deepEqual(killedAt(own, served(0.2)), [91_000, 20]);
    });

    it('when another daemon takes it over, by the counters since its start', () => {
      const watch = new Watch(follows, { elapsedMs: 110_000 });
      const used = { cores: 22, ms: 1000, waitPerCpuSecond: 4 };
      assert.deepEqual(killedAt(follows, served(0.2), watch.steps(1, used))[0], 241_000);
    });
  });
});
