// Opening a line of messages that is no longer wanted.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { EVENT_MS } from '../../test/support/budget.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { openWebSocket } from './websocket.ts';

it('an abort before the connection ends it, also when the server never answers', {
  timeout: EVENT_MS,
}, async (t) => {
  const server = createServer(() => {});
  const dir = tempDir(t, () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const path = join(dir, 'sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const listener = { onText: () => {}, onClosed: () => {} };
  await assert.rejects(openWebSocket(`unix://${path}`, null, listener, AbortSignal.abort()));
});
