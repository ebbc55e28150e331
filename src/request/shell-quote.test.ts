// One word for a shell, whatever is in it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { shellWords } from '../../test/support/shell-words.ts';
import { shellQuote } from './shell-quote.ts';

it('shellQuote gives one word to a shell, whatever is in it', () => {
  for (const text of [
    '',
    ' ',
    'a b',
    "it's",
    '$HOME',
    '`id`',
    '"',
    '\\',
    '*',
    '~',
    '#x',
    '-n',
    'a\nb',
    '\u202e',
    '!',
    'a=b',
  ])
    assert.deepEqual(shellWords(shellQuote(text)), [text]);
});
