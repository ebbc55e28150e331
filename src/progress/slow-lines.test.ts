// Lines on which a pattern could backtrack: reading 64 KiB of them takes little of a tick.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainLine } from './plain-line.ts';
import { readLine } from './read-line.ts';

const LINE_CHARS = 400;
const LINES = 160;
/** The quadratic patterns took 270 ms; the linear ones take about 15 ms. */
const MAX_MS = 60;
const TRIES = 5;

const SHAPES: readonly (readonly [from: string, unit: string, end: string])[] = [
  ['1', '━╸', '/2-'],
  ['1', '━', ' x'],
  ['1', '━━━━━ ', '1'],
  ['1 [', '=.', 'x'],
  ['1 [', '=>', 'x'],
  ['1', ' ', 'x'],
  ['1', ' \t', 'x'],
  ['', '1 ', 'x'],
  ['', '1,111', 'x'],
];

/** The best of several tries: other processes share the processor. */
function fastestMs(work: () => void): number {
  const times = Array.from({ length: TRIES }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

describe('a line on which a pattern could backtrack', () => {
  for (const [from, unit, end] of SHAPES)
    it(JSON.stringify(from + unit + unit + end), () => {
      const line = (from + unit.repeat(LINE_CHARS)).slice(0, LINE_CHARS) + end;
      const ms = fastestMs(() => {
        for (let i = 0; i < LINES; i += 1) readLine(line);
      });
      assert.ok(ms < MAX_MS, `${LINES} lines took ${Math.round(ms)} ms`);
    });

  it('keeps eight characters of a drawn bar', () => {
    assert.equal(plainLine(`1${'━╸'.repeat(200)} 3/4`), `1${'━╸'.repeat(4)} 3/4`);
    assert.equal(plainLine(`a${' \t'.repeat(200)}3/4`), `a${' \t'.repeat(4)}3/4`);
  });
});
