// An answer of lines over a real connection: its content, and its end from either side.
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import Fastify from 'fastify';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { announceStop, LineStream, type OpenStreams } from './line-stream.ts';

/** `begin` is given the stream of each request for `/`. */
async function serve(t: TestContext, begin: (stream: LineStream) => void) {
  const open: OpenStreams = new Set();
  let closed = 0;
  // As in the daemon.
  const app = Fastify({ forceCloseConnections: 'idle' });
  app.addHook('preClose', () => announceStop(open));
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

it('sends line by line, and nothing after the end', async (t) => {
  const { ask, open, closed } = await serve(t, (stream) => {
    stream.write({ n: 1 });
    setImmediate(() => {
      stream.end({ n: 2 });
      stream.write({ n: 3 });
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

it('sends daemon_stopping when the daemon stops', async (t) => {
  const { app, ask } = await serve(t, (stream) => stream.write({ n: 1 }));
  const answer = await ask();
  const [lines] = await Promise.all([text(answer), app.close()]);
  assert.equal(lines, '{"n":1}\n{"event":"daemon_stopping"}\n');
});

it('sends it to a slow reader too, after all other lines', async (t) => {
  const { app, ask } = await serve(t, (stream) => stream.write({ text: 'x'.repeat(3 * 1024 ** 2) }));
  const answer = await ask();
  const stopped = app.close();
  await new Promise((resolve) => setImmediate(resolve));
  const lines = await text(answer);
  assert.ok(lines.length > 3 * 1024 ** 2);
  assert.ok(lines.endsWith('{"event":"daemon_stopping"}\n'), lines.slice(-100));
  await stopped;
});

it('closes when its reader hangs up', async (t) => {
  const { ask, open, closed } = await serve(t, (stream) => stream.write({ n: 1 }));
  const answer = await ask();
  answer.destroy();
  await waitUntil(() => closed() === 1, { what: 'the stream to be closed' });
  assert.equal(open.size, 0);
});

it('drops a reader that falls too far behind', async (t) => {
  const large = { text: 'x'.repeat(1024 ** 2) };
  const { ask, open, closed } = await serve(t, (stream) => {
    stream.write({ n: 1 });
    for (let n = 0; n < 64; n += 1) stream.write(large);
  });
  await assert.rejects(ask().then(text), { code: 'ECONNRESET' });
  assert.deepEqual([closed(), open.size], [1, 0]);
});

it('aborts by closing the connection; before its first line, the error is the reply', async (t) => {
  const { ask, closed } = await serve(t, (stream) => {
    stream.abort();
    throw new Error('no such task');
  });
  assert.equal((await ask()).statusCode, 500);
  const later = await serve(t, (stream) => {
    stream.write({ n: 1 });
    setImmediate(() => stream.abort());
  });
  await assert.rejects(later.ask().then(text), { code: 'ECONNRESET' });
  assert.deepEqual([closed(), later.closed()], [1, 1]);
});
