// The ways a test checks a usage error.
import assert from 'node:assert/strict';
import { BabysitError } from '../../src/core/errors.ts';

/** The error names the flag or key first and shows valid examples. */
export function refusesUsage(act: () => unknown, what: string): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof BabysitError, String(error));
    assert.equal(error.code, 'usage');
    assert.ok(error.message.startsWith(`${what}: `), error.message);
    assert.match(error.message, /Examples: \S/);
    return true;
  });
}

/** The message of the error matches the pattern. */
export function refusesField(act: () => unknown, pattern: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof BabysitError && error.code === 'usage', String(error));
    assert.match(error.message, pattern);
    return true;
  });
}
