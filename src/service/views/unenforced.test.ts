// What a caller learns about limits that the kernel does not enforce.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { notEnforced, unenforcedViews } from './unenforced.ts';

const NONE = { memory: false, cpu: false, pids: false };

describe('limits that the kernel does not enforce', () => {
  it('are those that the driver misses', () => {
    assert.deepEqual(notEnforced(NONE), ['memory', 'cpu', 'pids']);
    assert.deepEqual(notEnforced({ memory: true, cpu: false, pids: true }), ['cpu']);
  });

  it('are in each answer, and as a sentence in the first', () => {
    const view = unenforcedViews(['memory', 'pids']);
    const { warning, not_enforced } = view();
    assert.match(warning ?? '', /does not limit the memory, process count of tasks.*babysit doctor/);
    assert.deepEqual([not_enforced, view()], [['memory', 'pids'], { not_enforced: ['memory', 'pids'] }]);
    assert.deepEqual(unenforcedViews([])(), {});
  });

  it('are reported by run, a batch and status', async (t) => {
    const { run, ask } = serviceOf(t, {}, { notEnforced: ['cpu'] });
    const refused = await run({ estimated_mem_bytes: '900G' });
    assert.equal(refused.body.warning, undefined, 'a refusal does not use the warning up');
    const { body } = await run({ queue: true });
    assert.deepEqual([body.not_enforced, typeof body.warning], [['cpu'], 'string']);
    const caller = { cwd: '/', env: {}, project: '/' };
    const batch = await ask('POST', '/v1/batch', { caller, lines: [{ command: 'make' }] });
    assert.deepEqual([batch.body.not_enforced, batch.body.warning], [['cpu'], undefined]);
    const status = await ask('GET', '/v1/status');
    assert.deepEqual(status.body.daemon.not_enforced, ['cpu']);
  });
});
