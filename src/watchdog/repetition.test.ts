// Which output counts as progress under strict.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { detectProgress, lastLineOf, NO_LINES, type RepetitionState } from './repetition.ts';

/** For each chunk whether it was progress. */
function progress(...chunks: readonly string[]): boolean[] {
  let state: RepetitionState = NO_LINES;
  return chunks.map((chunk) => {
    const step = detectProgress(state, chunk);
    state = step.state;
    return step.isProgress;
  });
}

describe('strict progress', () => {
  const TABLE: [string, string[], boolean[]][] = [
    ['a first line', ['compiling a.c\n'], [true]],
    ['another line', ['compiling a.c\n', 'compiling b.c\n'], [true, true]],
    ['the same line', ['waiting\n', 'waiting\n', 'waiting\n'], [true, false, false]],
    ['other digits', ['try 1 of 3, 0.5 s\n', 'try 2 of 3, 12.75 s\n'], [true, false]],
    ['more dots', ['waiting .\n', 'waiting ..\n', 'waiting .....\n'], [true, false, false]],
    ['dots without an end of line', ['.', '..', '...'], [false, false, false]],
    ['a bar that draws over itself', ['\r10% #', '\r20% #', '\r30% #', '\r'], [false, true, false, false]],
    ['two lines in turn', ['a\n', 'b\n', 'a\n', 'b\n', 'c\n'], [true, true, false, false, true]],
    ['empty lines and blanks', ['\n', '   \n\r\n'], [false, false]],
    ['the same line in another colour', ['\u001b[31mwait\u001b[0m\n', '\u001b[1;32mwait\n'], [true, false]],
    ['a line in pieces', ['comp', 'iling', ' a.c\n', 'compiling a.c\n'], [false, false, true, false]],
    ['a new line among old ones', ['old\n', 'old\nnew\nold\n'], [true, true]],
    ['a line without an end', ['x'.repeat(5_000), 'x'.repeat(5_000)], [true, false]],
  ];
  for (const [what, chunks, expected] of TABLE)
    it(`${what}: ${expected.map((is) => (is ? 'yes' : 'no')).join(', ')}`, () =>
      assert.deepEqual(progress(...chunks), expected));

  it('counts a line as new again only after sixteen others', () => {
    const letters = Array.from({ length: 16 }, (_, n) => `line ${String.fromCharCode(97 + n)}\n`);
    assert.deepEqual(progress('first\n', ...letters.slice(1), 'first\n').at(-1), false);
    assert.deepEqual(progress('first\n', ...letters, 'first\n').at(-1), true);
  });

  it('has bounded state, for any output', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 9_000 })), (chunks) => {
        let state: RepetitionState = NO_LINES;
        for (const chunk of chunks) state = detectProgress(state, chunk).state;
        assert.ok(state.unfinished.length <= 4_096 && state.recent.length <= 16);
        assert.ok(state.recent.every((line) => line.length <= 256));
      }),
    );
  });

  it('does not depend on the chunks', () => {
    const text = fc.array(fc.constantFrom('a', 'b ', '1', '..', '\n', '\r'), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat({ max: 60 }), (parts, cut) => {
        const whole = parts.join('');
        const first = detectProgress(NO_LINES, whole.slice(0, cut));
        const second = detectProgress(first.state, whole.slice(cut));
        const once = detectProgress(NO_LINES, whole);
        assert.deepEqual(second.state, once.state);
        assert.equal(first.isProgress || second.isProgress, once.isProgress);
      }),
    );
  });

  it('never counts the repetition of the same lines', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 10 }), (lines) => {
        const round = `${lines.join('\n')}\n`;
        assert.ok(!progress(round, round, round).slice(1).includes(true));
      }),
    );
  });
});

describe('the last line', () => {
  const TABLE: [string, string | null][] = [
    ['', null],
    ['\n \n', null],
    ['one\ntwo\n', 'two'],
    ['one\nPassword: ', 'Password:'],
    ['10%\r20%\r', '20%'],
    ['\u001b[31mred\u001b[0m\n\n', 'red'],
  ];
  for (const [tail, line] of TABLE)
    it(`of ${JSON.stringify(tail)} is ${JSON.stringify(line)}`, () => assert.equal(lastLineOf(tail), line));

  it('is cut', () => assert.equal(lastLineOf('y'.repeat(1_000))?.length, 200));
});
