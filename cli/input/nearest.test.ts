// Suggestions for mistyped words.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BabysitError } from '../../src/core/errors.ts';
import { editDistance, nearest, readChoice } from './nearest.ts';

describe('nearest', () => {
  const known = ['run', 'wait', 'status', 'list', 'log', 'daemon-start', 'daemon-status'];
  for (const [word, expected] of [
    ['rnu', 'run'],
    ['wiat', 'wait'],
    ['stat', 'status'],
    ['daemon-statu', 'daemon-status'],
    ['lst', 'list'],
    ['frobnicate', null],
    ['', null],
  ] as const) {
    it(`suggests ${expected} for "${word}"`, () => assert.equal(nearest(word, known), expected));
  }
});

describe('readChoice', () => {
  const refusal = (word: string | undefined) => {
    try {
      return readChoice(word, ['csv', 'jsonl'], '--format');
    } catch (error) {
      assert.ok(error instanceof BabysitError);
      return [error.code, error.message, error.hint, error.extra.flag];
    }
  };
  it('returns a known word', () => assert.equal(refusal('csv'), 'csv'));
  it('suggests the nearest word', () =>
    assert.deepEqual(refusal('json'), [
      'usage',
      '--format: "json" is not one of csv, jsonl',
      'Did you mean jsonl?',
      '--format',
    ]));
  it('lists the words when none is near or none is given', () => {
    assert.equal(refusal('xml')?.[1], '--format: "xml" is not one of csv, jsonl');
    assert.equal(refusal(undefined)?.[1], '--format needs one of csv, jsonl');
  });
});

describe('editDistance', () => {
  it('is zero for equal words only, symmetric, and at most the length of the longer', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance === 0, a === b);
        assert.equal(distance, editDistance(b, a));
        assert.ok(distance <= Math.max(a.length, b.length));
      }),
    );
  });
  it('counts a swap of neighbors once', () => assert.equal(editDistance('rnu', 'run'), 1));
});
