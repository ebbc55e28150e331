// The messages of the relay survive every cut of the connection into chunks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameReader, head, jsonFrame, KIND, readTaken, takenFrame } from './frames.ts';

const BYTES = Buffer.concat([
  jsonFrame(KIND.ready, { stdin: '/t/1.in' }),
  head(KIND.out, 5),
  Buffer.from('a\0b\xff\n', 'latin1'),
  head(KIND.err, 0),
  takenFrame(KIND.out, 2 ** 40),
  head(KIND.out, 1),
  Buffer.from('z'),
  jsonFrame(KIND.end, { code: 0 }),
]);

describe('frameReader', () => {
  for (const size of [1, 2, 3, 5, 7, 11, BYTES.length])
    it(`reads chunks of ${size} bytes`, () => {
      const frames: unknown[] = [];
      let out = '';
      const read = frameReader(
        (kind, content) => frames.push([kind, kind === KIND.taken ? readTaken(content) : content.toString()]),
        (stream, part) => {
          if (stream === KIND.out) out += part.toString('latin1');
        },
      );
      // The caller may reuse the memory of a chunk.
      for (let at = 0; at < BYTES.length; at += size) {
        const chunk = Buffer.from(BYTES.subarray(at, at + size));
        read(chunk);
        chunk.fill(0);
      }
      assert.deepEqual(frames, [
        [KIND.ready, '{"stdin":"/t/1.in"}'],
        [KIND.taken, { stream: KIND.out, bytes: 2 ** 40 }],
        [KIND.end, '{"code":0}'],
      ]);
      assert.equal(out, 'a\0b\xff\nz');
    });

  it('refuses what is not of this protocol', () => {
    const read = frameReader(() => {}, null);
    assert.throws(() => read(Buffer.from('GET / HTTP/1.1\r\n')), /too long/);
  });
});
