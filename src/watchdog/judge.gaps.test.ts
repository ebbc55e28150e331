// The rules of the watchdog over a time in which it took no samples.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB } from '../../test/support/build/build-task.ts';
import { GAP_RULES, SUBJECT, subject, Watch } from '../../test/support/rigs/watch-rig.ts';

const MINUTE = 60_000;
/** Silence is tested apart from the other rules. */
const QUIET = subject({ limits: { observabilityMs: 0 } });

describe('a gap without samples', () => {
  const gappy = (watched = SUBJECT) => new Watch(watched, { rules: GAP_RULES });

  it('counts as silence up to the warning; the kill comes after the rest of the interval', () => {
    const watch = gappy().steps(1, { ms: 60 * MINUTE });
    assert.deepEqual([watch.reported(), watch.state.silentMs], [['runaway_risk:elapsed'], 4 * MINUTE]);
    watch.subject = subject({ limits: { killTimeoutMs: 600 * MINUTE } });
    watch.steps(60, {});
    assert.deepEqual([watch.reported().at(-1), watch.kill], ['stall_risk', null]);
    assert.equal(watch.steps(1, {}).kill?.reason, 'observability_stall');
  });

  it('does not count as silence after the warning', () => {
    const watch = gappy().steps(250, {});
    assert.equal(watch.steps(1, { ms: 5 * MINUTE }).state.silentMs, 250_000);
  });

  it('does not count as silence when the log has grown', () => {
    assert.equal(gappy().steps(1, { ms: 60 * MINUTE, prints: 1 }).state.silentMs, 0);
  });

  it('counts as running time, but leaves a second for the end to arrive', () => {
    const watch = gappy(QUIET).steps(1, { ms: 60 * MINUTE });
    assert.deepEqual([watch.state.elapsedMs, watch.kill, watch.verdict?.dueInMs], [60 * MINUTE, null, 1000]);
    assert.equal(watch.steps(1, {}).kill?.reason, 'elapsed_exceeded');
  });

  for (const [what, step, windowS] of [
    ['memory', { memBytes: 9 * GIB }, 30],
    ['CPU', { cores: 9 }, 30],
    ['refused forks', { refusedForks: 1 }, 5],
  ] as const) {
    const gap = { ...step, ms: 10 * MINUTE };

    it(`does not count as sustained ${what}; the window continues after it`, () => {
      const watch = gappy(QUIET)
        .steps(4, step)
        .steps(1, gap)
        .steps(windowS - 4, step);
      assert.equal(watch.kill, null);
      assert.notEqual(watch.steps(1, step).kill, null);
    });

    it(`ends the window of ${what} when the condition does not hold after it`, () => {
      const watch = gappy(QUIET)
        .steps(4, step)
        .steps(1, { ms: 10 * MINUTE })
        .steps(windowS, step);
      assert.equal(watch.kill, null);
      assert.notEqual(watch.steps(1, step).kill, null);
    });

    it(`kills for ${what} after the same watched time, however often the daemon is held up`, () => {
      const watch = gappy(QUIET).steps(1, step);
      for (let n = 0; n < windowS - 1; n += 1) watch.steps(1, step).steps(1, { ...step, ms: 4_600 });
      assert.equal(watch.kill, null);
      assert.notEqual(watch.steps(1, step).kill, null);
    });
  }

  it('does not delay a kill that one sample proves', () => {
    assert.equal(gappy().step({ ms: 60 * MINUTE, oomKills: 1 }).kill?.reason, 'cgroup_oom_killed');
  });

  it('comes before the first sample of an adopted attempt: its clocks continue, and no kill comes at once', () => {
    const watch = new Watch(SUBJECT, { elapsedMs: 21 * MINUTE, silentMs: 50 * MINUTE }).steps(1, { ms: 1 });
    assert.deepEqual([watch.reported(), watch.kill], [['runaway_risk:elapsed'], null]);
    assert.equal(watch.state.silentMs, 4 * MINUTE);
    assert.equal(watch.steps(1, { ms: 1 }).kill?.reason, 'elapsed_exceeded');
    assert.equal(watch.reported().at(-1), 'stall_risk');
  });
});
