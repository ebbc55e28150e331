// Sizes as users write them: powers of 1024.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB, KIB, MIB } from '../../test/support/build/build-task.ts';
import { refusesUsage } from '../../test/support/refuses.ts';
import { formatSize, parseSize } from './size.ts';

const TIB = 1024 * GIB;

describe('parseSize', () => {
  const TABLE: [string | number, number][] = [
    ['512M', 512 * MIB],
    ['4G', 4 * GIB],
    ['4GB', 4 * GIB],
    ['4GiB', 4 * GIB],
    ['4g', 4 * GIB],
    ['4gb', 4 * GIB],
    ['4 GiB', 4 * GIB],
    ['1.5T', 1.5 * TIB],
    ['1K', KIB],
    ['1P', 1024 * TIB],
    ['4294967296', 4 * GIB],
    ['100b', 100],
    ['100B', 100],
    [4 * GIB, 4 * GIB],
    [' 4G ', 4 * GIB],
  ];
  for (const [text, expected] of TABLE)
    it(`reads ${JSON.stringify(text)} as ${expected} bytes`, () =>
      assert.equal(parseSize(text, '--m'), expected));

  const BAD = [
    ...[
      '',
      ' ',
      '0',
      '0G',
      '-1',
      '-4G',
      '+4G',
      'NaN',
      '4X',
      'G',
      '1e9',
      '4GG',
      '4iB',
      '4 i',
      '4,5G',
      '9007199254740992',
    ],
    ...['9'.repeat(400), '99999P', '4G\0', Number.NaN, 0, -1, Number.POSITIVE_INFINITY],
  ];
  for (const text of BAD)
    it(`refuses ${JSON.stringify(String(text).slice(0, 20))}`, () =>
      refusesUsage(() => parseSize(text, '--estimated_mem_bytes'), '--estimated_mem_bytes'));

  it('parses any text to whole bytes above zero, or throws a usage error', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.kmgtpib -e') }),
      fc.double(),
    );
    fc.assert(
      fc.property(text, (any) => {
        let value: number;
        try {
          value = parseSize(any, '--m');
        } catch {
          return refusesUsage(() => parseSize(any, '--m'), '--m');
        }
        assert.ok(Number.isSafeInteger(value) && value > 0);
      }),
    );
  });
});

describe('formatSize', () => {
  const TABLE: [number, string][] = [
    [0, '0'],
    [1, '1'],
    [1023, '1023'],
    [KIB, '1K'],
    [1.5 * MIB, '1.5M'],
    [4 * GIB, '4G'],
    [1.25 * TIB, '1.25T'],
  ];
  for (const [value, text] of TABLE)
    it(`writes ${value} bytes as ${text}`, () => assert.equal(formatSize(value), text));

  it('is parsed back by parseSize, at most 0.6 % off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 * TIB }), (value) => {
        const back = parseSize(formatSize(value), '--m');
        assert.ok(Math.abs(back - value) <= 0.006 * value, `${value} -> ${formatSize(value)} -> ${back}`);
      }),
    );
  });
});
