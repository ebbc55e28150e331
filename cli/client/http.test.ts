// The HTTP client: its parser gives the same answer for any chunks.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tempDir } from '../../test/support/temp-dir.ts';
import { readHttp, send } from './http.ts';

function read(pieces: readonly Buffer[]): { status: number; body: string; ended: boolean; whole: boolean } {
  const seen = { status: 0, body: '', ended: false };
  const reader = readHttp({
    head: (status) => {
      seen.status = status;
    },
    body: (chunk) => {
      seen.body += chunk.toString('latin1');
    },
    end: () => {
      seen.ended = true;
    },
  });
  for (const piece of pieces) reader.push(piece);
  const ended = seen.ended;
  return { ...seen, ended, whole: reader.close() };
}

const SIZED = 'HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\nt: u\r\n\r\n';
const CLOSED = 'HTTP/1.1 200 OK\r\n\r\nhello';
const CONTINUED = `HTTP/1.1 100 Continue\r\n\r\n${SIZED}`;

describe('readHttp', () => {
  it('reads the same answer from any chunks', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.constantFrom(SIZED, CHUNKED, CLOSED, CONTINUED), cuts, (text, sizes) => {
        const pieces: Buffer[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          pieces.push(Buffer.from(text.slice(at, at + size), 'latin1'));
          at += size;
        }
        const answer = read(pieces);
        assert.equal(answer.body, 'hello');
        assert.equal(answer.status, text === SIZED || text === CONTINUED ? 201 : 200);
        assert.equal(answer.whole, true);
      }),
    );
  });

  it('distinguishes a complete answer from a truncated one', () => {
    for (const text of [SIZED, CHUNKED])
      for (let at = 0; at < text.length; at++)
        assert.equal(read([Buffer.from(text.slice(0, at))]).whole, false, text.slice(0, at));
  });

  it('ends at once when the length is known', () => {
    assert.equal(read([Buffer.from(SIZED)]).ended, true);
    assert.equal(read([Buffer.from(CHUNKED)]).ended, true);
    assert.equal(read([Buffer.from('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n')]).ended, true);
  });

  it('refuses bytes that are not HTTP', () => {
    assert.throws(() => read([Buffer.from('SSH-2.0-OpenSSH\r\n\r\n')]), /not HTTP/);
    assert.throws(() => read([Buffer.alloc(100_000, 65)]), /has no end/);
    assert.throws(
      () => read([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n')]),
      /invalid chunk size/,
    );
  });
});

it('a request whose signal has aborted before it is sent fails as aborted', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  const path = join(
    tempDir(t, () => new Promise<void>((resolve) => server.close(() => resolve()))),
    'sock',
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const request = { method: 'GET', path: '/', timeoutMs: 300, signal: AbortSignal.abort() } as const;
  await assert.rejects(send(path, request), { fault: 'broken', message: 'aborted' });
});
