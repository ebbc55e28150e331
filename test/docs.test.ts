// The documents that repeat what the code says are what the code says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { errorsDoc } from '../scripts/errors-doc.ts';
import { ERRORS, EXIT } from '../src/core/errors.ts';

describe('docs/errors.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8');
  /** The cells of every row that begins with `first`. */
  const rows = (first: RegExp): string[][] =>
    text
      .split('\n')
      .filter((line) => first.test(line))
      .map((line) => line.slice(2, -2).split(' | '));

  it('has one row per error, in the order of the table, with its numbers and sentences', () => {
    assert.deepEqual(
      rows(/^\| `/),
      Object.entries(ERRORS).map(([code, { http, exit, title, hint }]) => [
        `\`${code}\``,
        `${http}`,
        `${exit}`,
        title,
        hint,
      ]),
    );
  });

  it('has one row per exit code', () => {
    assert.deepEqual(
      rows(/^\| \d/).map(([exit]) => Number(exit)),
      Object.values(EXIT),
    );
  });

  it('is what scripts/errors-doc.ts prints: run it again when this fails', () =>
    assert.equal(text, errorsDoc()));
});
