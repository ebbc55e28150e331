// What a shell reads back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { shellQuote, shellWord, shellWords } from './shell.ts';

const TEXTS = [
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
];

/** The words of a command as a shell splits them. */
function words(command: string): string[] {
  const script = `set -- ${command}\nfor word do printf '%s\\0' "$word"; done`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

it('a shell reads back the text, whatever is in it', () => {
  assert.deepEqual(words(shellWords(TEXTS)), TEXTS);
  assert.deepEqual(words(TEXTS.map(shellQuote).join(' ')), TEXTS);
});

it('a word is quoted only where it needs it', () =>
  assert.deepEqual(['--lr=0.1', '/bin/a-b', "it's"].map(shellWord), ['--lr=0.1', '/bin/a-b', "'it'\\''s'"]));

it('what is quoted is never a keyword or an assignment', () =>
  assert.deepEqual(['if', 'A=1'].map(shellQuote), ["'if'", "'A=1'"]));
