// A stream of all events that fails in the middle.
import assert from 'node:assert/strict';
import { it } from 'node:test';
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
