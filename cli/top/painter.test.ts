// Only rows that changed are written, and all of them after something else was drawn.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Painter } from './painter.ts';

function rig() {
  const written: string[] = [];
  const painter = new Painter((text) => written.push(text));
  return { written, painter };
}

it('writes the rows that changed at their places, in one piece', () => {
  const { written, painter } = rig();
  painter.paint(['a', 'b', 'c']);
  painter.paint(['a', 'x', 'c']);
  painter.paint(['a', 'x', 'c']);
  assert.deepEqual(written, [
    '\x1b[?2026h\x1b[1;1Ha\x1b[2;1Hb\x1b[3;1Hc\x1b[H\x1b[?2026l',
    '\x1b[?2026h\x1b[2;1Hx\x1b[H\x1b[?2026l',
  ]);
});

it('writes every row after it was told to forget, as after a resize', () => {
  const { written, painter } = rig();
  painter.paint(['a', 'b']);
  painter.forget();
  painter.paint(['a']);
  assert.equal(written.at(-1), '\x1b[?2026h\x1b[1;1Ha\x1b[H\x1b[?2026l');
});
