// The table of errors: complete, consistent, and within the exit codes of the contract.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BabysitError, ERRORS, type ErrorCode, EXIT, isErrorCode } from './errors.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe('ERRORS', () => {
  it('uses only exit codes of the contract, and not success', () => {
    assert.deepEqual(Object.values(EXIT), [0, 1, 2, 3, 64, 69, 75, 124, 125]);
    for (const code of CODES) assert.notEqual(ERRORS[code].exit, EXIT.ok, code);
  });

  const PINNED: [ErrorCode, number][] = [
    ['capacity_exceeded', 2],
    ['usage', 64],
    ['daemon_unreachable', 69],
    ['daemon_stopping', 75],
    ['wait_timeout', 124],
  ];
  for (const [code, exit] of PINNED) it(`${code} exits ${exit}`, () => assert.equal(ERRORS[code].exit, exit));

  for (const code of CODES)
    it(`${code} has an HTTP error status, a title and a hint`, () => {
      const { http, title, hint } = ERRORS[code];
      assert.match(code, /^[a-z]+(_[a-z]+)*$/);
      assert.ok(http >= 400 && http < 600);
      assert.match(title, /^[A-Z].*\.$/);
      assert.match(hint, /\.$/);
    });

  it('exits 64 exactly for the errors with HTTP status 400', () => {
    for (const code of CODES)
      assert.equal(
        ERRORS[code].http === 400,
        ERRORS[code].exit === EXIT.usage && !['body_too_large', 'headers_too_large'].includes(code),
        code,
      );
  });

  it('has a different title for every code', () => {
    assert.equal(new Set(CODES.map((code) => ERRORS[code].title)).size, CODES.length);
  });

  it('recognizes its codes, and no inherited names', () => {
    assert.ok(CODES.every(isErrorCode));
    for (const other of ['', 'toString', '__proto__', 'nope', null, 7]) assert.ok(!isErrorCode(other));
  });
});

describe('BabysitError', () => {
  it('has the hint of the table, unless it brings its own', () => {
    assert.equal(new BabysitError('not_found', 'x').hint, ERRORS.not_found.hint);
    assert.equal(new BabysitError('not_found', 'x', { hint: 'do y' }).hint, 'do y');
  });

  it('puts the name of the task into the commands of its hint', () => {
    const { hint } = new BabysitError('already_ended', 'x', { name: 'a$&b' });
    assert.equal(hint, 'Run babysit status a$&b to see how it ended.');
  });
});
