import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cutMiddle, cutStart, cutText, textWidth } from './width.ts';

const WIDTHS: readonly (readonly [string, number])[] = [
  ['', 0],
  ['train', 5],
  ['büild', 5],
  ['e\u0301', 1],
  ['日本', 4],
  ['한글', 4],
  ['🚀', 2],
  ['👩‍👩‍👧', 2],
  ['█░│', 3],
];

for (const [text, width] of WIDTHS)
  it(`"${text}" takes ${width} columns`, () => assert.equal(textWidth(text), width));

it('a cut text fits, whole characters only, and ends with the mark', () => {
  assert.equal(cutText('train', 5, '…'), 'train');
  assert.equal(cutText('training', 5, '…'), 'trai…');
  assert.equal(cutText('日本語', 4, '…'), '日…');
  assert.equal(cutText('日本語', 5), '日本');
  assert.equal(cutText('train', 0, '…'), '');
});

it('a text that is cut at its start or in its middle fits, too', () => {
  assert.equal(cutStart('training', 3), 'ing');
  assert.equal(cutStart('日本語', 5), '本語');
  assert.equal(cutStart('train', 5), 'train');
  assert.equal(cutMiddle('train', 5), 'train');
  assert.equal(cutMiddle('train-resnet-1', 7), 'tra…t-1');
  assert.equal(cutMiddle('日本語日本語', 6), '日…語');
});
