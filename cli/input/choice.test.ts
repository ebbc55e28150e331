// Words that must be one of a few.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BabysitError } from '../../src/core/errors.ts';
import { readChoice } from './choice.ts';

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
