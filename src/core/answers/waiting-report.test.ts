// How often a waiting caller hears why it waits.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextReport, type WaitingReport, type WaitingState } from './waiting-report.ts';

const MIN = 60_000;
const CPU: WaitingState = { dim: 'cpu', ahead: 'build', isOutside: false, hold: null, expectedMs: 60 * MIN };

/** The times in s at which a caller gets a report, when it looks every second for `minutes`. */
function reports(minutes: number, stateAt: (s: number) => WaitingState): number[] {
  const at: number[] = [];
  let last: WaitingReport | null = null;
  for (let s = 0; s <= 60 * minutes; s += 1) {
    const next = nextReport(last, stateAt(s), { wallMs: 1000 * s, monoMs: 1000 * s });
    if (next === null) continue;
    last = next;
    at.push(s);
  }
  return at;
}

describe('a waiting caller', () => {
  it('hears nothing again while nothing changes', () => {
    assert.deepEqual(
      reports(45, () => CPU),
      [0],
    );
  });

  it('hears of names ahead that change all the time at distances that grow from 30 s to 10 min', () => {
    assert.deepEqual(
      reports(45, (s) => ({ ...CPU, ahead: `task ${s}` })),
      [0, 30, 90, 210, 450, 930, 1530, 2130],
    );
  });

  it('that comes after other tasks hears when one of them has ended, not of the time that they take', () => {
    const after = { ...CPU, dim: 'after', ahead: 'build,lint' };
    assert.deepEqual(
      reports(45, (s) => ({
        ...after,
        expectedMs: 1000 * s + (s % 2 === 0 ? 5 : 90) * MIN,
        ahead: s < 1000 ? 'build,lint' : 'build',
      })),
      [0, 1000],
    );
  });

  const NEWS: [string, Partial<WaitingState>, number | undefined][] = [
    ['another dimension', { dim: 'mem' }, 1000],
    ['another name ahead', { ahead: 'train' }, 1000],
    ['programs outside that hold the room', { isOutside: true }, 1000],
    ['a hold', { hold: 'eve' }, 1000],
    ['a start that is no longer known', { expectedMs: null }, 1000],
    ['a start a quarter of the wait later', { expectedMs: 80 * MIN }, 1000],
    ['a start a quarter of the wait sooner', { expectedMs: 45 * MIN }, 1000],
    ['a start that moved by less than a quarter of the wait', { expectedMs: 65 * MIN }, undefined],
  ];
  for (const [what, change, at] of NEWS)
    it(`${at === undefined ? 'does not hear' : 'hears at once'} of ${what}`, () => {
      assert.equal(reports(21, (s) => (s < 1000 ? CPU : { ...CPU, ...change }))[1], at);
    });

  it('hears of a hold within 30 s of the last report, and of a start that moves by a minute near its end', () => {
    assert.deepEqual(
      reports(0.5, (s) => (s < 10 ? CPU : { ...CPU, hold: 'eve' })),
      [0, 10],
    );
    const near = (expectedS: number): WaitingState => ({ ...CPU, expectedMs: 1000 * expectedS });
    assert.deepEqual(
      reports(1.4, (s) => near(s < 40 ? 120 : 180)),
      [0, 40],
    );
    assert.deepEqual(
      reports(1.4, (s) => near(s < 40 ? 120 : 179)),
      [0],
    );
  });

  it('gets few reports in an hour in which blockers alternate and the start swings', () => {
    const dims = ['cpu', 'mem', 'reservation'];
    const count = reports(60, (s) => ({
      ...CPU,
      dim: dims[s % 3] ?? '',
      expectedMs: 1000 * s + (s % 2 === 0 ? 5 : 30) * MIN,
    })).length;
    assert.ok(count <= 20, `${count} reports`);
  });
});
