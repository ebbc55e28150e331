// Where lines and lists are cut.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commaWords, cutLines, filledLines, wholeLines } from './split.ts';

describe('lines', () => {
  for (const [text, lines, rest] of [
    ['', [], ''],
    ['a', [], 'a'],
    ['a\n', ['a'], ''],
    ['a\n\nb', ['a', ''], 'b'],
  ] as const)
    it(`of ${JSON.stringify(text)} are cut at their ends`, () => {
      assert.deepEqual(cutLines(text), { lines, rest });
      assert.deepEqual(wholeLines(text), lines);
    });

  it('may end in other ways', () =>
    assert.deepEqual(cutLines('10%\r20%\n30%', /[\r\n]/), { lines: ['10%', '20%'], rest: '30%' }));

  it('may be kept only where there is something in them', () =>
    assert.deepEqual(filledLines('\na\n\nb'), ['a', 'b']));
});

it('words between commas', () => assert.deepEqual(commaWords(['a, b,,c', '', 'd']), ['a', 'b', 'c', 'd']));
