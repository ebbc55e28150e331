// The progress after many lines: which source wins, how the ETA is computed, and bounded state.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Progress } from '../core/progress.ts';
import {
  dropUnfinished,
  foldOutput,
  foldProgressFile,
  NO_PROGRESS,
  type ProgressState,
  progressOf,
} from './state.ts';

const MINUTE = 60_000;

/** One line of output a minute, the first at 0. */
function printed(...lines: readonly string[]): { state: ProgressState; nowMs: number } {
  let state = NO_PROGRESS;
  for (const [n, line] of lines.entries()) state = foldOutput(state, `${line}\n`, n * MINUTE);
  return { state, nowMs: (lines.length - 1) * MINUTE };
}
function reported(state: ProgressState, nowMs: number, ...lines: readonly object[]): ProgressState {
  return foldProgressFile(state, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), nowMs);
}
function shown(state: ProgressState, nowMs: number): Partial<Progress> | null {
  const progress = progressOf(state, nowMs);
  return progress && Object.fromEntries(Object.entries(progress).filter(([, value]) => value !== null));
}

describe('progress of output', () => {
  it('is null before any progress', () => {
    assert.equal(progressOf(NO_PROGRESS, 0), null);
    assert.equal(progressOf(printed('hello', 'world 42').state, MINUTE), null);
  });

  it('has an ETA by the mean rate of the series', () => {
    const { state, nowMs } = printed('[10/100] a', '[20/100] b', '[30/100] c');
    // 20 items in 2 minutes, 70 to go.
    assert.deepEqual(shown(state, nowMs), { done: 30, total: 100, pct: 30, eta_s: 420, source: 'output' });
    // A task that stands still does not come closer to its end.
    assert.equal(progressOf(state, nowMs + 2 * MINUTE)?.eta_s, 840);
  });

  it('starts a new series when the total changes or the count falls', () => {
    assert.equal(shown(printed('[9/10] a', '[1/20] b').state, MINUTE)?.eta_s, undefined);
    assert.equal(shown(printed('[9/10] a', '[1/10] b', '[2/10] c').state, 2 * MINUTE)?.eta_s, 480);
  });

  it('computes no rate from lines that were read together', () => {
    const state = foldOutput(NO_PROGRESS, '[1/10] a\n[9/10] b\n', 0);
    assert.equal(shown(foldOutput(state, 'x\n', 1000), 1000)?.eta_s, undefined);
  });

  it('counts down a printed ETA, and drops it when counts come without one', () => {
    const { state, nowMs } = printed('[10/100] a', 'ETA 10m');
    assert.equal(progressOf(state, nowMs + 30_000)?.eta_s, 570);
    const soon = foldOutput(state, '[20/100] b\n', nowMs + 30_000);
    assert.equal(progressOf(soon, nowMs + 30_000)?.eta_s, 570);
    const later = foldOutput(soon, '[30/100] c\n', nowMs + 2 * MINUTE);
    assert.equal(progressOf(later, nowMs + 2 * MINUTE)?.eta_s, 630);
  });

  it('has an ETA of zero at the end', () => {
    assert.equal(progressOf(printed('[9/10] a', '[10/10] b').state, 5 * MINUTE)?.eta_s, 0);
  });

  it('keeps the epoch for the following bars, and no other phase', () => {
    const epoch = printed('Epoch 3/10', ' 42/100 [====>....] - ETA: 12s - loss: 0.3').state;
    assert.deepEqual(shown(epoch, MINUTE), {
      done: 42,
      total: 100,
      pct: 42,
      phase: 'Epoch 3/10',
      eta_s: 12,
      note: 'loss=0.3',
      source: 'output',
    });
    const clone = printed('Receiving objects:  42% (1234/2938)', '[3/42] building').state;
    assert.deepEqual(shown(clone, MINUTE)?.phase, undefined);
  });

  it('of ffmpeg is the position in the length', () => {
    const { state } = printed(
      '  Duration: 00:10:00.00, start: 0.000000, bitrate: 1205 kb/s',
      'frame= 123 fps=25 q=28.0 size=1024kB time=00:02:30.12 bitrate=1705.1kbits/s speed=1.01x',
    );
    assert.equal(progressOf(state, MINUTE)?.pct, 25);
  });

  it('reads a bar that redraws itself, and its last state once the output is quiet', () => {
    let state = foldOutput(NO_PROGRESS, '\r 10%|█         | 1/10 [00:10<01:30,  0.1it/s]', 0);
    assert.equal(progressOf(state, 0), null);
    state = foldOutput(state, '', 1000);
    assert.equal(progressOf(state, 1000)?.done, 1);
    state = foldOutput(state, '\r 20%|██        | 2/10 [00:20<01:20,  0.1it/s]\r', 10_000);
    assert.equal(progressOf(state, 10_000)?.done, 2);
  });

  it('does not join the two sides of a gap', () => {
    const state = foldOutput(NO_PROGRESS, '[3/4', 0);
    assert.equal(progressOf(foldOutput(dropUnfinished(state), '2] x\n', 0), 0), null);
    assert.equal(progressOf(foldOutput(state, '2] x\n', 0), 0)?.total, 42);
  });
});

describe('progress from the progress file', () => {
  it('wins over the output', () => {
    const { state } = printed('[40/42] a');
    assert.deepEqual(shown(reported(state, 0, { done: 3, total: 10, phase: 'x', failed: 1, eta_s: 90 }), 0), {
      done: 3,
      total: 10,
      pct: 30,
      phase: 'x',
      failed: 1,
      eta_s: 90,
      source: 'reported',
    });
  });

  it('leaves the other fields to the output', () => {
    const { state } = printed('[21/42] loss=0.3');
    assert.deepEqual(shown(reported(state, 0, { phase: 'warm-up' }), 0), {
      done: 21,
      total: 42,
      pct: 50,
      phase: 'warm-up',
      note: 'loss=0.3',
      source: 'output',
    });
  });

  it('keeps each field until it is set again or cleared', () => {
    let state = reported(NO_PROGRESS, 0, { total: 40 }, { done: 10, phase: 'a', failed: 2 });
    state = reported(state, MINUTE, { done: 20 }, { phase: null });
    assert.deepEqual(shown(state, MINUTE), {
      done: 20,
      total: 40,
      pct: 50,
      failed: 2,
      eta_s: 120,
      source: 'reported',
    });
    assert.deepEqual(shown(reported(NO_PROGRESS, 0, { pct: 12.345 }), 0), { pct: 12.3, source: 'reported' });
    assert.equal(progressOf(reported(state, MINUTE, { pct: 75 }), MINUTE)?.done, null);
  });

  it('skips lines that are not JSON objects, and fields of a wrong type or value', () => {
    const lines = [
      '',
      '{',
      '[1]',
      '3',
      'null',
      '{"done":"3"}',
      '{"done":-1,"total":1e999}',
      '{"phase":7}',
      '{}',
    ];
    assert.equal(
      progressOf(foldProgressFile(NO_PROGRESS, lines.map((line) => `${line}\n`).join(''), 0), 0),
      null,
    );
  });

  it('has text of one short line', () => {
    const { phase } =
      progressOf(reported(NO_PROGRESS, 0, { phase: `\u001b[31ma\nb${'c'.repeat(500)}` }), 0) ?? {};
    assert.equal(phase?.length, 80);
    assert.ok(phase?.startsWith('[31ma b'));
  });
});

describe('the state', () => {
  const text = fc.array(
    fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('[3/42] ', '\n', '\r', ' 42%', '\u001b[1m', 'ETA 3m', 'loss=1', '█', '{"done":', '3}'),
      fc.string({ minLength: 5000, maxLength: 6000 }),
    ),
    { maxLength: 30 },
  );

  it('is bounded and its view valid, for any output', () =>
    fc.assert(
      fc.property(text, fc.boolean(), (parts, isTold) => {
        let state = NO_PROGRESS;
        for (const [n, part] of parts.entries())
          state = isTold ? foldProgressFile(state, part, n * 1000) : foldOutput(state, part, n * 1000);
        assert.ok(JSON.stringify(state).length < 30_000);
        const progress = progressOf(state, parts.length * 1000);
        if (progress === null) return;
        const { pct, eta_s } = progress;
        assert.ok(pct === null || (pct >= 0 && pct <= 100));
        assert.ok(eta_s === null || (Number.isInteger(eta_s) && eta_s >= 0));
      }),
    ));

  it('is the same for any chunks of the output', () =>
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 10 }), (parts, cuts) => {
        const whole = parts.join('');
        // A line is dropped after 4096 characters without an end, at a place that depends on the chunks.
        fc.pre(whole.split(/[\r\n]/).every((line) => line.length < 4096));
        const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
        const chunks = [...at, whole.length].map((end, n) => whole.slice(n === 0 ? 0 : at[n - 1], end));
        let state = NO_PROGRESS;
        for (const chunk of chunks) if (chunk !== '') state = foldOutput(state, chunk, 0);
        assert.deepEqual(state, whole === '' ? NO_PROGRESS : foldOutput(NO_PROGRESS, whole, 0));
      }),
    ));
});
