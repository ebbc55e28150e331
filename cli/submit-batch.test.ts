// The requests of a batch: few lines to a slow daemon, and the rest to the next one when a daemon stops.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { findHome } from '../src/config/home.ts';
import { tempDir } from '../test/support/temp-dir.ts';
import type { Context } from './command.ts';
import { inRequests, submitBatch } from './submit-batch.ts';

it('sends the lines again that came after the stop, in the same batch', async (t) => {
  const env = { BABYSIT_HOME: tempDir(t) };
  const bodies: { lines: { name: string }[]; batch?: string }[] = [];
  const server = createServer(async (request, answer) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    const isFirst = bodies.push(body) === 1;
    const lines = body.lines.map(({ name }: { name: string }, index: number) =>
      isFirst && index > 0 ? { error: 'daemon_stopping' } : { id: name, name, status: 'pending' },
    );
    answer.end(JSON.stringify({ batch: 'batch-1', lines }));
  });
  server.listen(join(env.BABYSIT_HOME, 'daemon.sock'));
  await once(server, 'listening');
  t.after(() => server.close());
  const file = join(env.BABYSIT_HOME, 'lines');
  writeFileSync(file, '{"name":"a"}\n{"name":"b"}\n{"name":"c"}\n');
  const printed: string[] = [];
  const session = { home: findHome(env), env, autostart: false, onStarted() {} };
  const output = { data: (text: string) => printed.push(text), isTerminal: false, jsonMessages: true };
  const context = { session, output, full: true } as unknown as Context;
  assert.equal(await submitBatch(context, file, { cwd: '/', env: {}, project: '/' }, {}), 0);
  assert.deepEqual(
    bodies.map(({ lines, batch }) => [lines.map(({ name }) => name), batch]),
    [
      [['a', 'b', 'c'], undefined],
      [['b', 'c'], 'batch-1'],
    ],
  );
  const names = printed.join('').trimEnd().split('\n');
  assert.deepEqual(
    names.map((line) => JSON.parse(line).name),
    ['a', 'b', 'c'],
  );
});

it('sends few lines to a daemon that answers slowly, and more after each quick answer', async () => {
  async function* blocks() {
    yield Array.from({ length: 2_000 }, (_, line) => line);
    yield [2_000];
  }
  const sent: number[] = [];
  let nowMs = 0;
  const lines: number[] = [];
  for await (const some of inRequests(blocks(), () => nowMs)) {
    sent.push(some.length);
    lines.push(...some);
    nowMs += sent.length === 3 ? 20_000 : 999;
  }
  assert.deepEqual(sent, [100, 200, 400, 100, 200, 400, 600, 1]);
  assert.deepEqual(
    lines,
    Array.from({ length: 2_001 }, (_, line) => line),
  );
});
