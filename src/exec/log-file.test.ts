// Reading a log: its tail without reading the rest, ranges, and whole lines.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { logSize, logTouchedAt, readRange, splitLines, tailOffset } from './log-file.ts';

let dir: string;
let path: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'babysit-log-'));
  path = join(dir, '1.log');
});
after(() => rmSync(dir, { recursive: true, force: true }));

function tail(text: string, lines: number): string {
  writeFileSync(path, text);
  return readFileSync(path).subarray(tailOffset(path, lines)).toString();
}
async function collect(blocks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const block of blocks) all.push(block);
  return all;
}
async function* blocksOf(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
/** Lines with their newline, the slow and obvious way. */
const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const anyText = fc
  .array(fc.constantFrom('\n', 'a', 'bc', '\r', 'é', ''), { maxLength: 60 })
  .map((parts) => parts.join(''));

describe('tail', () => {
  const TABLE: [string, number, string][] = [
    ['', 3, ''],
    ['a\nb\nc\n', 1, 'c\n'],
    ['a\nb\nc\n', 2, 'b\nc\n'],
    ['a\nb\nc', 1, 'c'],
    ['a\n\n', 1, '\n'],
    ['\n\n\n', 2, '\n\n'],
    ['a\nb', 99, 'a\nb'],
  ];
  for (const [text, lines, expected] of TABLE)
    it(`of ${lines} of ${JSON.stringify(text)}`, () => assert.equal(tail(text, lines), expected));

  it('is the last lines of any text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, lines) => {
        assert.equal(tail(text, lines), linesOf(text).slice(-lines).join(''));
      }),
    );
  });

  for (const length of [65_535, 65_536, 65_537, 200_000])
    it(`reaches over its blocks: lines of ${length} bytes`, () => {
      const line = `${'x'.repeat(length - 1)}\n`;
      assert.equal(tail(line.repeat(3), 2).length, 2 * length);
    });
});

describe('splitLines', () => {
  it('gives whole lines, however the blocks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 1, max: 9 }), async (text, size) => {
        const bytes = Buffer.from(text);
        const lines = await collect(splitLines(blocksOf(bytes, size)));
        assert.deepEqual(lines.map(String), linesOf(text));
      }),
    );
  });
});

describe('readRange', () => {
  it('gives exactly the bytes asked for, also over its blocks', async () => {
    const bytes = Buffer.alloc(150_000, 'abcdefg');
    writeFileSync(path, bytes);
    for (const [from, to] of [
      [0, 150_000],
      [65_530, 65_540],
      [149_999, 150_000],
      [10, 10],
    ] as const)
      assert.deepEqual(Buffer.concat(await collect(readRange(path, from, to))), bytes.subarray(from, to));
    assert.deepEqual(Buffer.concat(await collect(readRange(path, 140_000))), bytes.subarray(140_000));
  });

  it('ends where a file that was cut meanwhile ends', async () => {
    writeFileSync(path, 'abc');
    assert.equal(Buffer.concat(await collect(readRange(path, 1, 1000))).toString(), 'bc');
  });
});

it('a log that is not there has no size and was never touched', () => {
  const absent = join(dir, 'absent.log');
  assert.deepEqual([logSize(absent), logTouchedAt(absent)], [0, null]);
});
