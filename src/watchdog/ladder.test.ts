// The steps of a kill: ask, wait, kill, until the group is empty.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aKill } from '../../test/support/build/build-task.ts';
import { endingForMs, LADDER_START, type LadderState, type LadderStep, ladderStep } from './ladder.ts';

const GRACE = 10_000;
const term = aKill();
const sigkill = aKill({ signal: 'SIGKILL' });
const escalated = aKill({ killedAt: 4_000 });
const byFile = aKill({ stopGraceMs: 60_000 });
const stopping: LadderState = { ...LADDER_START, stopFileAt: 1_000 };
const asked: LadderState = { ...LADDER_START, askedAt: 1_000 };
const killed: LadderState = { ...asked, firstKilledAt: 11_000, killedAt: 11_000 };
const stuck: LadderState = { ...killed, killedAt: 16_000, reported: 'stuck' };
const givenUp: LadderState = { ...killed, killedAt: 71_000, reported: 'given_up' };

describe('the kill ladder', () => {
  const TABLE: [string, Parameters<typeof ladderStep>, LadderStep['act'], number][] = [
    ['makes only the stop file first', [byFile, LADDER_START, GRACE, 1_000], 'stop', 60_000],
    ['waits in the stop grace', [byFile, stopping, GRACE, 1_001], 'none', 59_999],
    ['waits to the last millisecond of the stop grace', [byFile, stopping, GRACE, 60_999], 'none', 1],
    ['asks at the end of the stop grace', [byFile, stopping, GRACE, 61_000], 'ask', GRACE],
    ['asks when a signal comes in the stop grace', [term, stopping, GRACE, 1_001], 'ask', GRACE],
    [
      'kills when force comes in the stop grace',
      [{ ...byFile, signal: 'SIGKILL' }, stopping, GRACE, 1_001],
      'kill',
      500,
    ],
    [
      'waits in the grace after the stop grace',
      [byFile, { ...stopping, askedAt: 61_000 }, GRACE, 70_999],
      'none',
      1,
    ],
    ['kills after both graces', [byFile, { ...stopping, askedAt: 61_000 }, GRACE, 71_000], 'kill', 500],
    ['asks first', [term, LADDER_START, GRACE, 1_000], 'ask', GRACE],
    ['waits in the grace', [term, asked, GRACE, 1_001], 'none', GRACE - 1],
    ['waits to the last millisecond', [term, asked, GRACE, 10_999], 'none', 1],
    ['kills at the end of the grace', [term, asked, GRACE, 11_000], 'kill', 500],
    ['does not kill again at once', [term, killed, GRACE, 11_001], 'none', 499],
    ['kills again while processes are left', [term, killed, GRACE, 11_500], 'kill', 500],
    ['kills at once when SIGKILL was asked for', [sigkill, LADDER_START, GRACE, 1_000], 'kill', 500],
    ['kills at once when force comes in the grace', [sigkill, asked, GRACE, 1_001], 'kill', 500],
    ['continues with SIGKILL after an earlier daemon', [escalated, LADDER_START, GRACE, 0], 'kill', 500],
  ];
  for (const [what, args, act, againInMs] of TABLE)
    it(what, () => {
      const step = ladderStep(...args);
      assert.deepEqual([step.act, step.againInMs], [act, againInMs]);
    });

  it('has lasted since its first step, by the monotonic clock', () => {
    const states = [LADDER_START, asked, killed, { ...killed, askedAt: null }, stopping];
    assert.deepEqual(
      states.map((state) => endingForMs(state, 12_000)),
      [0, 11_000, 11_000, 1_000, 11_000],
    );
  });

  it('asks once, never kills within the grace, and kills again and again after it', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(pauses, fc.integer({ min: 1, max: 20_000 }), (waits, graceMs) => {
        let state = LADDER_START;
        let monoMs = 777;
        const acts: { act: string; at: number }[] = [];
        for (const ms of waits) {
          monoMs += ms;
          const step = ladderStep(term, state, graceMs, monoMs);
          state = step.state;
          if (step.act !== 'none') acts.push({ act: step.act, at: monoMs });
          assert.ok(step.againInMs > 0 && step.againInMs <= Math.max(graceMs, 5_000));
        }
        const [first, ...kills] = acts;
        assert.equal(first?.act, 'ask');
        const begin = first?.at ?? 0;
        assert.ok(kills.every(({ act, at }) => act === 'kill' && at - begin >= graceMs));
        for (const [n, { at }] of kills.entries()) assert.ok(n === 0 || at - (kills[n - 1]?.at ?? 0) >= 500);
        if (monoMs - begin >= graceMs) assert.ok(kills.length > 0);
      }),
    );
  });

  const REPORTS: [string, LadderState, number, 'stuck' | 'given_up' | null][] = [
    ['reports nothing while a large process ends', killed, 15_999, null],
    [
      'reports processes that are left after 5 s of SIGKILL',
      { ...killed, killedAt: 15_500 },
      16_000,
      'stuck',
    ],
    ['reports them once', stuck, 30_000, null],
    ['gives up after a minute of SIGKILL', { ...stuck, killedAt: 66_000 }, 71_000, 'given_up'],
    ['gives up without an earlier report when a minute passed without a step', killed, 80_000, 'given_up'],
    ['gives up once', givenUp, 900_000, null],
  ];
  for (const [what, state, monoMs, report] of REPORTS)
    it(what, () => assert.equal(ladderStep(term, state, GRACE, monoMs).report, report));

  it('by its own clock sends SIGKILL exactly at the end of the grace, then again at a slower rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), (graceMs) => {
        let state = LADDER_START;
        let monoMs = 0;
        const kills: number[] = [];
        const reports: (number | string)[] = [];
        while (monoMs <= graceMs + 80_000) {
          const step = ladderStep(term, state, graceMs, monoMs);
          state = step.state;
          if (step.act === 'kill') kills.push(monoMs - graceMs);
          if (step.report !== null) reports.push(step.report, monoMs - graceMs);
          monoMs += step.againInMs;
        }
        const [fast, slow] = [kills.filter((at) => at < 5_000), kills.filter((at) => at >= 5_000)];
        assert.deepEqual(
          fast,
          Array.from({ length: 10 }, (_, n) => n * 500),
        );
        assert.deepEqual(slow.slice(0, 3), [9_500, 14_500, 19_500]);
        assert.deepEqual(reports, ['stuck', 5_000, 'given_up', 64_500]);
      }),
    );
  });
});
