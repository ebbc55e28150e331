// Cores, percentages and counts given as text.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusesUsage } from '../../test/support/refuses.ts';
import { parseCores, parseCount, parsePercent, roundCores } from './number.ts';

const signed = (text: string | number, what: string) => parseCount(text, what, -100, 100);
const count = (text: string | number, what: string) => parseCount(text, what, 1, 100);

describe('numbers as text', () => {
  const GOOD: [(text: string | number, what: string) => number, string | number, number][] = [
    [parseCores, '1.5', 1.5],
    [parseCores, '.5', 0.5],
    [parseCores, ' 4 ', 4],
    [parseCores, 0.01, 0.01],
    [parseCores, 4096, 4096],
    [parsePercent, '40', 40],
    [parsePercent, '40%', 40],
    [parsePercent, ' 12.5% ', 12.5],
    [parsePercent, 100, 100],
    [count, '1', 1],
    [count, '100', 100],
    [count, '1.0', 1],
    [signed, '0', 0],
    [signed, '-0', 0],
    [signed, '+5', 5],
    [signed, '-100', -100],
    [signed, -7, -7],
  ];
  for (const [parse, text, value] of GOOD)
    it(`${parse.name} reads ${JSON.stringify(text)} as ${value}`, () =>
      assert.equal(parse(text, '--n'), value));

  const BAD: [(text: string | number, what: string) => number, (string | number)[]][] = [
    [parseCores, ['', '0', '0.009', '4097', '-1', 'NaN', 'all', '1e1', '0x4', '4 cores', Number.NaN]],
    [parsePercent, ['', '0', '0%', '100.1', '101%', '-1', 'half', '40%%', '%', Number.POSITIVE_INFINITY]],
    [signed, ['', ' ', 'high', '1.5', '101', '-101', '1e1', '0x1', '--1', '+-1', '-', Number.NaN]],
    [count, ['', '0', '101', '1.5', '-1', 'many', '1e1', Number.NaN]],
  ];
  for (const [parse, texts] of BAD)
    for (const text of texts)
      it(`${parse.name} refuses ${JSON.stringify(String(text))}`, () =>
        refusesUsage(() => parse(text, '--n'), '--n'));
});

describe('rounded cores', () => {
  for (const [cores, expected] of [
    [3 * 0.2, 0.6],
    [3 * 0.3, 0.9],
    [0.1 + 0.2, 0.3],
    [1.23456, 1.235],
    [4, 4],
    [0, 0],
    [null, null],
    [undefined, null],
  ] as const)
    it(`${cores} -> ${expected}`, () => assert.equal(roundCores(cores), expected));
});
