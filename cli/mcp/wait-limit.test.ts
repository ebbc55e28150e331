import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_LIMIT_MS, TIMER_MAX_MS, WaitLimit } from './wait-limit.ts';

describe('the longest wait of a call', () => {
  it('is that of most clients, without limit for one that requests progress, and as configured for each', () => {
    const limit = new WaitLimit(null);
    assert.equal(limit.of('claude-code', false), DEFAULT_LIMIT_MS);
    assert.equal(limit.of('claude-code', true), TIMER_MAX_MS);
    assert.equal(limit.of('codex-mcp-client', true), DEFAULT_LIMIT_MS);
    const configured = new WaitLimit(600_000);
    for (const client of ['claude-code', 'codex-mcp-client'])
      for (const progress of [true, false]) assert.equal(configured.of(client, progress), 600_000);
  });

  it('follows a client that gave up, but not a user who canceled early', () => {
    const limit = new WaitLimit(null);
    limit.canceledAfter(3_000);
    assert.equal(limit.of('c', true), TIMER_MAX_MS);
    limit.canceledAfter(60_000);
    assert.equal(limit.of('c', true), DEFAULT_LIMIT_MS);
    limit.canceledAfter(300_000);
    assert.equal(limit.of('c', true), 240_000);
  });
});
