// What a redraw writes, and what a narrow terminal shows of a line.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Output } from './output.ts';
import { cutVisible, Screen } from './screen.ts';
import { bar, paint } from './style.ts';

it('cuts a line by its visible characters, and ends its colors', () => {
  const line = `a ${paint('running', 'active', true)} b`;
  assert.equal(cutVisible(line, 100), line);
  assert.equal(cutVisible(line, 4), 'a \x1b[36mru\x1b[0m');
  assert.equal(cutVisible('ünïcödé', 3), 'ünï');
  assert.equal(cutVisible('進捗 42%', 5), '進捗 ');
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

it('draws a bar for every share', () => {
  assert.deepEqual(
    [bar(-1, 4), bar(0, 4), bar(0.5, 4), bar(1, 4), bar(7, 4), bar(Number.NaN, 4)],
    ['----', '----', '##--', '####', '####', '----'],
  );
});
