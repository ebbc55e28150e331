// The one way a test checks a usage error: it names the flag or key first and shows valid examples.
import assert from 'node:assert/strict';
import { BabysitError } from '../../src/core/errors.ts';

export function refusesUsage(act: () => unknown, what: string): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof BabysitError, String(error));
    assert.equal(error.code, 'usage');
    assert.ok(error.message.startsWith(`${what}: `), error.message);
    assert.match(error.message, /Examples: \S/);
    return true;
  });
}
