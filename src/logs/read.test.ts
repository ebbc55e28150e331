// Reading a log over all its parts: ranges, first lines, last lines without the rest; also during rotation.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { tempDir } from '../../test/support/temp-dir.ts';
import { nextEnd } from './growth.ts';
import { currentStart, logParts, partPath } from './parts.ts';
import { firstLines, lineStart, logExtent, logTouchedAt, readLog, tailStart } from './read.ts';
import { rotateLog } from './rotate.ts';

const dir = tempDir({ after });
const log = join(dir, '1.log');
beforeEach(() => {
  for (const name of readdirSync(dir)) rmSync(join(dir, name));
});

type Kind = 'plain' | 'packed';
/** Writes the pieces as parts, the last one as the current file. */
function lay(pieces: readonly string[], kindOf: (i: number) => Kind = () => 'plain'): void {
  let start = 0;
  for (const [i, piece] of pieces.entries()) {
    const bytes = Buffer.from(piece);
    if (i === pieces.length - 1) writeFileSync(log, bytes);
    else if (kindOf(i) === 'plain') writeFileSync(partPath(log, start), bytes);
    else writeFileSync(`${partPath(log, start)}.gz`, gzipSync(bytes));
    start += bytes.length;
  }
}
async function collect(blocks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const block of blocks) all.push(block);
  return Buffer.concat(all).toString();
}
const readAll = async () => collect(readLog(log, 0, logExtent(log).to));
async function tail(lines: number): Promise<string> {
  const { to } = logExtent(log);
  return collect(readLog(log, await tailStart(log, lines, to), to));
}
const head = async (lines: number) => collect(firstLines(readLog(log, 0, logExtent(log).to), lines));
/** Lines with their newline, by a simple model. */
const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const anyText = fc
  .array(fc.constantFrom('\n', 'a', 'bc', '\r', 'é', ''), { maxLength: 20 })
  .map((parts) => parts.join(''));
const anyLog = fc.array(fc.tuple(anyText, fc.constantFrom<Kind>('plain', 'packed')), {
  minLength: 1,
  maxLength: 5,
});

it('streams at the same position share a read', async () => {
  lay(['one\ntwo\n']);
  const next = async (from: number) => (await readLog(log, from, 8).next()).value;
  const [first, second, other] = await Promise.all([next(0), next(0), next(4)]);
  assert.equal(first, second);
  assert.equal(String(other), 'two\n');
  assert.notEqual(await next(0), first);
});

it('streams that wait for a log share a watch, and the next wait is a new one', async () => {
  lay(['one\n']);
  const waits = [nextEnd(log), nextEnd(log)];
  assert.equal(waits[0], waits[1]);
  appendFileSync(log, 'two\n');
  assert.equal(await waits[0], 8);
  const later = nextEnd(log);
  assert.notEqual(later, waits[0]);
  rmSync(log);
  assert.equal(await later, 0);
});

describe('tail', () => {
  const TABLE: [string[], number, string][] = [
    [[''], 3, ''],
    [['a\nb\nc\n'], 1, 'c\n'],
    [['a\nb\nc\n'], 2, 'b\nc\n'],
    [['a\nb\nc'], 1, 'c'],
    [['a\n\n'], 1, '\n'],
    [['\n\n\n'], 2, '\n\n'],
    [['a\nb'], 99, 'a\nb'],
    [['a\nb\n', ''], 1, 'b\n'],
    [['a\n', 'b\n', 'c\n'], 2, 'b\nc\n'],
    [['a', 'b', 'c\nd'], 2, 'abc\nd'],
  ];
  for (const [pieces, lines, expected] of TABLE)
    it(`of ${lines} of ${JSON.stringify(pieces)}`, async () => {
      lay(pieces);
      assert.equal(await tail(lines), expected);
      lay(pieces, () => 'packed');
      assert.equal(await tail(lines), expected);
    });

  it('and head are the last and the first lines of any log', async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, fc.integer({ min: 1, max: 20 }), async (pieces, lines) => {
        for (const name of readdirSync(dir)) rmSync(join(dir, name));
        // A part is never empty: its end would be the start of the next.
        const parts = pieces.filter(([piece], i) => piece !== '' || i === pieces.length - 1);
        lay(
          parts.map(([piece]) => piece),
          (i) => parts[i]?.[1] ?? 'plain',
        );
        const all = linesOf(parts.map(([piece]) => piece).join(''));
        assert.equal(await tail(lines), all.slice(-lines).join(''));
        assert.equal(await head(lines), all.slice(0, lines).join(''));
      }),
      { numRuns: 200 },
    );
  });

  for (const length of [65_535, 65_536, 65_537, 300_000])
    it(`reaches over its blocks: lines of ${length} bytes`, async () => {
      const line = `${'x'.repeat(length - 1)}\n`;
      for (const kind of ['plain', 'packed'] as const) {
        lay([line, line.repeat(2)], () => kind);
        assert.equal((await tail(2)).length, 2 * length);
        assert.equal((await tail(3)).length, 3 * length);
      }
    });

  it('reads only the parts it needs', async () => {
    lay(['broken', 'a\nb\n'], () => 'packed');
    writeFileSync(
      `${partPath(log, 0)}.gz`,
      'this is not a gzip file, but its last four bytes give a length\x06\0\0\0',
    );
    assert.equal(await tail(1), 'b\n');
    await assert.rejects(readAll(), { code: 'Z_DATA_ERROR' });
  });
});

describe('a range', () => {
  it('is exactly the bytes asked for, over blocks and parts', async () => {
    const text = 'abcdefg'.repeat(200_000);
    const pieces = [text.slice(0, 600_000), text.slice(600_000, 600_001), text.slice(600_001)];
    for (const kind of ['plain', 'packed'] as const) {
      lay(pieces, () => kind);
      for (const [from, to] of [
        [0, 1_400_000],
        [262_140, 262_150],
        [599_999, 600_002],
        [1_399_999, 1_400_000],
        [10, 10],
      ] as const)
        assert.equal(await collect(readLog(log, from, to)), text.slice(from, to));
      for (const name of readdirSync(dir)) rmSync(join(dir, name));
    }
  });

  it('skips removed parts, and reports their bytes', async () => {
    lay(['gone\n', 'kept\n', 'gone too\n', 'last\n']);
    rmSync(partPath(log, 0));
    rmSync(partPath(log, 10));
    writeFileSync(partPath(log, 19), 'x\n');
    let missing = 0;
    const note = (bytes: number) => {
      missing += bytes;
    };
    assert.equal(await collect(readLog(log, 0, 26, note)), 'kept\nx\nlast\n');
    assert.equal(missing, 14);
    assert.deepEqual(logExtent(log), { from: 5, to: 26 });
  });

  it('ends at the end of a file that was cut', async () => {
    lay(['abc']);
    assert.equal(await collect(readLog(log, 1, 1000)), 'bc');
  });

  it('continues when its part is packed during the read', async () => {
    const text = 'x'.repeat(1_000_000);
    lay([text, 'y']);
    const blocks = readLog(log, 0, 1_000_001);
    const { value: first } = await blocks.next();
    writeFileSync(`${partPath(log, 0)}.gz`, gzipSync(text));
    rmSync(partPath(log, 0));
    assert.equal(`${first}${await collect(blocks)}`, `${text}y`);
  });
});

describe('a reader of a log that is rotated again and again', () => {
  it('gets every byte once, in order', async () => {
    const written: string[] = [];
    const print = (lines: number) => {
      const text = Array.from({ length: lines }, (_, i) => `${written.length}.${i}\n`).join('');
      written.push(text);
      appendFileSync(log, text);
    };
    const got: Buffer[] = [];
    let at = 0;
    print(1);
    const rotate = async () => {
      for (let i = 0; i < 40; i++) {
        print(20_000);
        await rotateLog(
          log,
          { maxBytes: 30_000, keep: 1000 },
          { stop: async () => true, resume() {} },
          () => {},
        );
      }
    };
    let isDone = false;
    const rotated = rotate().then(() => {
      isDone = true;
    });
    while (!isDone || at < logExtent(log).to) {
      for await (const block of readLog(log, at, logExtent(log).to)) {
        got.push(block);
        at += block.length;
      }
      await setImmediate();
    }
    await rotated;
    assert.ok(Buffer.concat(got).equals(Buffer.from(written.join(''))));
    assert.equal(currentStart(log), logParts(log).at(-1)?.start);
  });
});

it('the line around a position begins behind the newline before it', async () => {
  lay(['ab\nc', 'd\nef']);
  assert.deepEqual(
    await Promise.all([0, 2, 3, 4, 5, 6, 8].map((at) => lineStart(log, at))),
    [0, 0, 3, 3, 3, 6, 6],
  );
});

it('an absent log has no size, no bytes and no time', async () => {
  const absent = join(dir, 'absent.log');
  assert.deepEqual([logTouchedAt(absent), logExtent(absent)], [null, { from: 0, to: 0 }]);
  assert.equal(await collect(readLog(absent, 0, 10)), '');
  assert.equal(await tailStart(absent, 5, 0), 0);
});
