// An answer of lines over a real connection: what its reader gets, and how it ends from either side.
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import Fastify from 'fastify';
import { waitUntil } from '../../test/support/wait-until.ts';
import { LineStream, type OpenStreams, sayFarewell } from './line-stream.ts';

/** `begin` is given the stream of each request for `/`. */
async function serve(t: TestContext, begin: (stream: LineStream) => void) {
  const open: OpenStreams = new Set();
  let closed = 0;
  const app = Fastify({ forceCloseConnections: true });
  app.get('/', (_request, reply) => begin(new LineStream(reply, open, () => closed++)));
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const ask = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: '127.0.0.1', port }, resolve).on('error', reject).end();
    });
  return { ask, open, closed: () => closed };
}

it('tells line by line, and nothing after the end', async (t) => {
  const { ask, open, closed } = await serve(t, (stream) => {
    stream.tell({ n: 1 });
    setImmediate(() => {
      stream.end({ n: 2 });
      stream.tell({ n: 3 });
      stream.end({ n: 4 });
    });
  });
  const answer = await ask();
  assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, 'application/x-ndjson']);
  assert.equal(await text(answer), '{"n":1}\n{"n":2}\n');
  assert.deepEqual([closed(), open.size], [1, 0]);
});

it('may end without a line', async (t) => {
  const { ask } = await serve(t, (stream) => stream.end());
  const answer = await ask();
  assert.deepEqual([answer.headers['content-type'], await text(answer)], ['application/x-ndjson', '']);
});

it('says farewell when the daemon stops', async (t) => {
  const { ask, open } = await serve(t, (stream) => stream.tell({ n: 1 }));
  const answer = await ask();
  sayFarewell(open);
  assert.equal(await text(answer), '{"n":1}\n{"event":"daemon_stopping"}\n');
});

it('is over when its reader hangs up', async (t) => {
  const { ask, open, closed } = await serve(t, (stream) => stream.tell({ n: 1 }));
  const answer = await ask();
  answer.destroy();
  await waitUntil(() => closed() === 1, { deadlineMs: 10_000, what: 'the stream to be closed' });
  assert.equal(open.size, 0);
});

it('drops a reader that falls too far behind', async (t) => {
  const large = { text: 'x'.repeat(1024 ** 2) };
  const { ask, open, closed } = await serve(t, (stream) => {
    stream.tell({ n: 1 });
    for (let n = 0; n < 64; n += 1) stream.tell(large);
  });
  await assert.rejects(ask().then(text), { code: 'ECONNRESET' });
  assert.deepEqual([closed(), open.size], [1, 0]);
});
