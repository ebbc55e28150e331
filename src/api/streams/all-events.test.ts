// Streams of events while nothing happens, and one that fails in the middle.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EVENT_MS } from '../../../test/support/budget.ts';
import { buildApp } from '../app.ts';
import type { Service } from '../service.ts';

it('a failure of the stream of all events is reported, and ends the connection', async (t) => {
  const bug = new Error('no page');
  const reported: unknown[] = [];
  const feed = {
    from: 0,
    gap: null,
    onNew: () => () => {},
    page() {
      throw bug;
    },
  };
  const service = { allEvents: () => feed } as unknown as Service;
  const app = buildApp(service, { maxBodyBytes: 1000, onInternalError: (error) => reported.push(error) });
  t.after(() => app.close());
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  await assert.rejects(async () => (await fetch(`${address}/v1/events?follow=1`)).text());
  assert.deepEqual(reported, [bug]);
});

it('a follower without a cursor gets one before any event, so that it can continue from there', async (t) => {
  const feed = {
    from: 7,
    gap: null,
    onNew: () => () => {},
    page: (after: number) => ({ events: [], through: after, isLast: true }),
  };
  const service = { allEvents: () => feed } as unknown as Service;
  const app = buildApp(service, { maxBodyBytes: 1000, onInternalError: () => {} });
  t.after(() => app.close());
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const { body } = await fetch(`${address}/v1/events?follow=1`, { signal: AbortSignal.timeout(EVENT_MS) });
  let text = '';
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.endsWith('}\n')) break;
  }
  assert.equal(text, '{"event":"cursor","seq":7}\n');
});

it('a stream has its head before anything happens', async (t) => {
  // No keep-alive brings it.
  t.mock.timers.enable({ apis: ['setInterval'] });
  const feed = {
    from: 0,
    gap: null,
    onNew: () => () => {},
    page: () => ({ events: [], through: 0, isLast: true }),
  };
  const service = {
    allEvents: () => feed,
    events: () => ({ backlog: [], start: () => {}, stop: () => {} }),
    resolve: () => 'id',
  } as unknown as Service;
  const app = buildApp(service, { maxBodyBytes: 1000, onInternalError: () => {} });
  t.after(() => app.close());
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const path of ['events?follow=1', 'tasks/build/events']) {
    const signal = AbortSignal.timeout(EVENT_MS);
    const { status, body } = await fetch(`${address}/v1/${path}`, { signal });
    assert.equal(status, 200);
    await body?.cancel();
  }
});
