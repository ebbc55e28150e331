// No text of a task may control the terminal of its reader.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { escapeField, escapeLine, escapeText, showControls, stripEscapes } from './terminal.ts';

describe('escapeText', () => {
  for (const [what, text, expected] of [
    ['plain text', 'a\tb\nc ä 漢', 'a\tb\nc ä 漢'],
    ['colours', '\x1b[31mred\x1b[0m', 'red'],
    ['cursor moves', 'a\x1b[2J\x1b[10;10Hb', 'ab'],
    ['a window title', '\x1b]0;owned\x07x', 'x'],
    ['a clipboard write, ended by ST', '\x1b]52;c;ZXZpbA==\x1b\\x', 'x'],
    ['a hyperlink', '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['a device control string', '\x1bP$q"p\x1b\\x', 'x'],
    ['eight-bit controls', '\x9b31mred\x9d0;t\x07x', 'redx'],
    ['a sequence cut off at the end', 'a\x1b[31', 'a'],
    ['a lone escape at the end', 'a\x1b', 'a'],
    ['a reset', 'a\x1bcb', 'ab'],
    ['bell, backspace and delete', 'a\x07\x08\x7fb', 'ab'],
    ['reversed reading direction', 'a\u202eb\u2066c', 'abc'],
  ] as const) {
    it(`handles ${what}`, () => assert.equal(escapeText(text), expected));
  }

  it('leaves no control character but tab and newline, and changes nothing the second time', () => {
    const nasty = fc.array(
      fc.constantFrom(
        '\x1b',
        '[',
        ']',
        '\x9b',
        '\x9d',
        '\x07',
        '\\',
        'P',
        '3',
        '1',
        'm',
        'a',
        '\n',
        '\t',
        '\r',
        ';',
        ' ',
      ),
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        const escaped = escapeText(parts.join(''));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
        assert.doesNotMatch(escaped, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
        assert.equal(escapeText(escaped), escaped);
      }),
    );
  });
});

describe('escapeField', () => {
  it('escapes line breaks and tabs', () => assert.equal(escapeField('a\nb\tc\r\x1b[1m'), 'a\\nb\\tc\\r'));
});

describe('escapeLine', () => {
  it('shows the last state of a progress bar', () => assert.equal(escapeLine('10%\r50%\r100%'), '100%'));
  it('drops the carriage return of a DOS line end', () => assert.equal(escapeLine('text\r'), 'text'));
});

describe('stripEscapes', () => {
  it('leaves every other control character', () =>
    assert.equal(stripEscapes('\x1b[31mred\x1b[0m\t\r\n\x07'), 'red\t\r\n\x07'));
  it('ends a title that has no end with the text', () => assert.equal(stripEscapes('a\x1b]0;b c'), 'a'));
});

describe('showControls', () => {
  it('escapes as JSON does', () =>
    assert.equal(JSON.parse(showControls('"a\x7f\x9b\u202e"')), 'a\x7f\x9b\u202e'));
});
