// What a redraw writes, and what a narrow terminal shows of a line.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Output } from './output.ts';
import { Screen, wrapVisible } from './screen.ts';
import { bar, paint } from './style.ts';

it('wraps a line between words, below its last cell, and ends its colors', () => {
  const line = `a ${paint('running', 'active', true)} b`;
  assert.deepEqual(wrapVisible(line, 100), [line]);
  assert.deepEqual(wrapVisible(line, 4, 1), ['a \x1b[36mr…\x1b[0m']);
  assert.deepEqual(wrapVisible('ünïcödé', 3, 1), ['ün…']);
  assert.deepEqual(wrapVisible('進捗 42%', 5, 1), ['進捗']);
  assert.deepEqual(wrapVisible('train  waits for memory, starts 15:30:10', 20), [
    'train  waits for',
    '       memory,',
    '       starts',
    '       15:30:10',
  ]);
  assert.deepEqual(wrapVisible('a-long-name  waits for memory', 18), [
    'a-long-name  waits',
    '    for memory',
  ]);
  assert.deepEqual(wrapVisible(`log  /${'d'.repeat(20)}/x`, 12), [
    'log  /dddddd',
    '     ddddddd',
    '     ddddddd',
    '     /x',
  ]);
  assert.equal(paint('x', 'bad', false), 'x');
});

it('redraws in place: the screen is cleared only before the first text', () => {
  const written: string[] = [];
  const screen = new Screen({ data: (text: string) => void written.push(text) } as unknown as Output);
  screen.draw('one\ntwo\n');
  screen.draw('three\n');
  assert.deepEqual(written, ['\x1b[2J\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J', '\x1b[Hthree\x1b[K\n\x1b[J']);
  screen.draw(Array.from({ length: 50 }, (_, n) => `${n}`).join('\n'));
  assert.ok(written.at(-1)?.endsWith('21\x1b[K\n… 28 more lines\x1b[K\n\x1b[J'), written.at(-1));
});

it('cuts the first lines where the wrapped ones are more than the terminal has', () => {
  const written: string[] = [];
  const screen = new Screen({ data: (text: string) => void written.push(text) } as unknown as Output);
  const long = (name: string) => `${name}  ${'word '.repeat(20)}`;
  screen.draw([long('first'), ...Array.from({ length: 20 }, (_, n) => `${n}`), long('last')].join('\n'));
  const rows = (written[0] ?? '').split('\x1b[K\n');
  assert.match(rows[0] ?? '', /first {2}[word ]+…$/);
  assert.equal(rows[1], '0');
  assert.match(rows.slice(-3).join('|'), /^last {2}[word ]+\| {6}word[word ]*\|/);
});

it('draws a bar for every share', () => {
  assert.deepEqual(
    [bar(-1, 4), bar(0, 4), bar(0.5, 4), bar(1, 4), bar(7, 4), bar(Number.NaN, 4)],
    ['----', '----', '##--', '####', '####', '----'],
  );
});
