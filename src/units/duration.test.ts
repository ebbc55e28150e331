// Durations as users write them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { refusesUsage } from '../../test/support/refuses.ts';
import { formatDuration, parseDuration, parseDurationOrOff } from './duration.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TEN_YEARS = 3650 * DAY;

describe('parseDuration', () => {
  const TABLE: [string | number, number][] = [
    ['90s', 90 * SECOND],
    ['10m', 10 * MINUTE],
    ['2h', 2 * HOUR],
    ['1d', DAY],
    ['1.5h', 1.5 * HOUR],
    ['250ms', 250],
    ['1w', 7 * DAY],
    ['10', 10 * SECOND],
    [10, 10 * SECOND],
    [0.5, 500],
    ['.5s', 500],
    [' 10m ', 10 * MINUTE],
    ['10 m', 10 * MINUTE],
    ['10M', 10 * MINUTE],
    ['3650d', TEN_YEARS],
    ['1m30s', 90 * SECOND],
    ['1h30m', 1.5 * HOUR],
    ['2d4h', 52 * HOUR],
  ];
  for (const [text, expectedMs] of TABLE)
    it(`reads ${JSON.stringify(text)} as ${expectedMs} ms`, () =>
      assert.equal(parseDuration(text, '--t'), expectedMs));

  const BAD = [
    ...[
      '',
      ' ',
      '0',
      '0s',
      '0.0h',
      '-1',
      '-5m',
      '+5m',
      'NaN',
      'Infinity',
      '1e3',
      '10x',
      '10 parsecs',
      'ten',
      'm',
    ],
    ...[
      '1,5h',
      '5m5',
      '1..5h',
      '3651d',
      '9'.repeat(200),
      '10\0',
      '0x10',
      '٣s',
      Number.NaN,
      0,
      -1,
      Number.POSITIVE_INFINITY,
    ],
  ];
  for (const text of BAD)
    it(`refuses ${JSON.stringify(String(text).slice(0, 20))}`, () =>
      refusesUsage(() => parseDuration(text, '--estimated_time'), '--estimated_time'));

  it('parses any text to whole milliseconds above zero, or throws a usage error', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.smhdw -e') }),
      fc.double(),
    );
    fc.assert(
      fc.property(text, (any) => {
        let valueMs: number;
        try {
          valueMs = parseDuration(any, '--t');
        } catch {
          return refusesUsage(() => parseDuration(any, '--t'), '--t');
        }
        assert.ok(Number.isSafeInteger(valueMs) && valueMs > 0 && valueMs <= TEN_YEARS);
      }),
    );
  });
});

describe('parseDurationOrOff', () => {
  for (const off of ['0', '0s', '0m', '0.0', '00', 0])
    it(`reads ${JSON.stringify(off)} as off`, () => assert.equal(parseDurationOrOff(off, '--t'), 0));
  for (const text of ['0x', '0 parsecs', '0G', '', '-0', 'off', '0s0'])
    it(`refuses ${JSON.stringify(text)}`, () => refusesUsage(() => parseDurationOrOff(text, '--t'), '--t'));
  it('reads other text as parseDuration does', () =>
    assert.equal(parseDurationOrOff('5m', '--t'), 5 * MINUTE));
});

describe('formatDuration', () => {
  const TABLE: [number, string][] = [
    [0, '0ms'],
    [1, '1ms'],
    [999, '999ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [1500, '1.5s'],
    [9_999, '10s'],
    [59_999, '1m'],
    [90_000, '1m30s'],
    [600_000, '10m'],
    [3_600_000, '1h'],
    [5_400_000, '1h30m'],
    [DAY + 2 * HOUR, '1d2h'],
  ];
  for (const [valueMs, text] of TABLE)
    it(`writes ${valueMs} ms as ${text}`, () => assert.equal(formatDuration(valueMs), text));

  it('is parsed back by parseDuration, at most 4.5 % off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: TEN_YEARS }), (valueMs) => {
        const back = parseDuration(formatDuration(valueMs), '--t');
        assert.ok(
          Math.abs(back - valueMs) <= Math.max(0.5, 0.045 * valueMs),
          `${valueMs} -> ${formatDuration(valueMs)} -> ${back}`,
        );
      }),
    );
  });
});
