// An answer of lines over a real connection: what its reader gets, and how it ends from either side.
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import Fastify from 'fastify';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { LineStream, type OpenStreams, sayFarewell } from './line-stream.ts';

/** `begin` is given the stream of each request for `/`. */
async function serve(t: TestContext, begin: (stream: LineStream) => void) {
  const open: OpenStreams = new Set();
  let closed = 0;
  // As the daemon has it.
  const app = Fastify({ forceCloseConnections: 'idle' });
  app.addHook('preClose', () => sayFarewell(open));
  app.get('/', (_request, reply) => begin(new LineStream(reply, open, () => closed++)));
  const socketPath = join(
    tempDir(t, () => app.close()),
    'sock',
  );
  await app.listen({ path: socketPath });
  const ask = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath }, resolve).on('error', reject).end();
    });
  return { app, ask, open, closed: () => closed };
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
  const { app, ask } = await serve(t, (stream) => stream.tell({ n: 1 }));
  const answer = await ask();
  const [told] = await Promise.all([text(answer), app.close()]);
  assert.equal(told, '{"n":1}\n{"event":"daemon_stopping"}\n');
});

it('says it to a reader that is behind, too, after all else', async (t) => {
  const { app, ask } = await serve(t, (stream) => stream.tell({ text: 'x'.repeat(3 * 1024 ** 2) }));
  const answer = await ask();
  const stopped = app.close();
  await new Promise((resolve) => setImmediate(resolve));
  const told = await text(answer);
  assert.ok(told.length > 3 * 1024 ** 2);
  assert.ok(told.endsWith('{"event":"daemon_stopping"}\n'), told.slice(-100));
  await stopped;
});

it('is over when its reader hangs up', async (t) => {
  const { ask, open, closed } = await serve(t, (stream) => stream.tell({ n: 1 }));
  const answer = await ask();
  answer.destroy();
  await waitUntil(() => closed() === 1, { what: 'the stream to be closed' });
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

it('that cannot go on hangs up on its reader, and before its first line leaves the reply to the error', async (t) => {
  const { ask, closed } = await serve(t, (stream) => {
    stream.abort();
    throw new Error('no such task');
  });
  assert.equal((await ask()).statusCode, 500);
  const later = await serve(t, (stream) => {
    stream.tell({ n: 1 });
    setImmediate(() => stream.abort());
  });
  await assert.rejects(later.ask().then(text), { code: 'ECONNRESET' });
  assert.deepEqual([closed(), later.closed()], [1, 1]);
});
