// Text of arbitrary bytes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesOf, pathOf, shownText, textOf } from './bytes.ts';
import { shellWord } from './shell.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');

describe('textOf and bytesOf', () => {
  const TEXTS: [string, string, string][] = [
    ['ASCII', '6162', 'ab'],
    ['UTF-8', 'c3a9f09f8e88', 'é🎈'],
    ['Latin-1', '66e9', 'f\udce9'],
    ['U+FFFD itself', 'efbfbd', '\ufffd'],
    ['U+FFFD and an invalid byte', 'efbfbdff', '\ufffd\udcff'],
    ['an overlong slash', 'c0af', '\udcc0\udcaf'],
    ['an encoded surrogate', 'eda080', '\udced\udca0\udc80'],
    ['a cut sequence', 'e282', '\udce2\udc82'],
    ['a byte above U+10FFFF', 'f4908080', '\udcf4\udc90\udc80\udc80'],
    ['an emoji before an invalid byte', 'f09f8e88e9', '🎈\udce9'],
  ];
  for (const [what, hex, text] of TEXTS)
    it(`are inverse for ${what}`, () => {
      assert.equal(textOf(bytes(hex)), text);
      assert.equal(bytesOf(text).toString('hex'), hex);
    });

  it('are inverse for random bytes, also through JSON', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    // Mostly bytes that begin or continue a sequence.
    const pool = [0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
    for (let round = 0; round < 5000; round++) {
      const input = Buffer.from(
        Array.from({ length: random(12) }, () => (random(3) === 0 ? random(256) : (pool[random(15)] ?? 0))),
      );
      const text = textOf(input);
      assert.deepEqual(bytesOf(JSON.parse(JSON.stringify(text))), input);
      assert.ok(shownText(text).isWellFormed());
    }
  });

  it('replace a surrogate that stands for no byte', () => {
    assert.equal(bytesOf('a\ud800').toString(), 'a\ufffd');
  });
});

it('pathOf makes bytes only of a text that needs them', () => {
  assert.equal(pathOf('/tmp/é'), '/tmp/é');
  assert.deepEqual(pathOf('/tmp/\udce9'), bytes('2f746d702fe9'));
});

it('a byte that is not UTF-8 is shown in hexadecimal, and quoted for a shell', () => {
  assert.equal(shownText('f\udce9 é'), 'f\\xe9 é');
  assert.equal(shellWord("f\udce9'\n\\"), `$'f\\xe9\\'\\n\\\\'`);
});
