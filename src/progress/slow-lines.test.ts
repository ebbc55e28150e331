// Runs of blanks and bar characters, in which the patterns of progress would backtrack, are cut before any pattern sees them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainLine } from './plain-line.ts';

const RUN_CHARS = 400;
/** The longest run that the patterns may get. */
const CUT_CHARS = 8;

describe('a line on which a pattern could backtrack', () => {
  for (const unit of ['━╸', '━', '╺', ' ', ' \t', '\u00a0', '=', '-'])
    it(`has its run cut: ${JSON.stringify(unit)}`, () => {
      const line = plainLine(`1${unit.repeat(RUN_CHARS)}x 3/4`);
      const runs = line.match(/\s+|[━╸╺]+|=+|-+/g) ?? [];
      assert.ok(runs.length > 0);
      assert.ok(Math.max(...runs.map((run) => run.length)) <= CUT_CHARS, line);
    });

  it('keeps eight characters of a drawn bar', () => {
    assert.equal(plainLine(`1${'━╸'.repeat(200)} 3/4`), `1${'━╸'.repeat(4)} 3/4`);
    assert.equal(plainLine(`a${' \t'.repeat(200)}3/4`), `a${' \t'.repeat(4)}3/4`);
  });
});
