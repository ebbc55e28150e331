// Bytes in pieces of any size, cut into lines.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { lineSplitter } from './line-splitter.ts';

function linesOf(pieces: readonly Uint8Array[], longest?: number): string[] {
  const splitter = lineSplitter(longest);
  const whole = pieces.flatMap((piece) => splitter.push(piece));
  return [...whole, ...splitter.end()];
}

it('lines do not depend on where the bytes were torn', () => {
  const texts = fc.array(fc.constantFrom('a', 'ä', '漢', '\n', '\r', '')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 5 }), (text, size) => {
      const bytes = Buffer.from(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual(linesOf(pieces), text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
    }),
  );
});

it('a line longer than the limit comes in pieces', () =>
  assert.deepEqual(linesOf([Buffer.from('aaa'), Buffer.from('aaa'), Buffer.from('b\nc')], 4), [
    'aaaaaa',
    'b\n',
    'c',
  ]));
