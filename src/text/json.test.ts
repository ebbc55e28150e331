// What counts as JSON, and as an object.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isJsonObject, parseJson } from './json.ts';

it('text is parsed, or there is a reason why not', () => {
  assert.deepEqual(parseJson('{"a":[1]}'), { value: { a: [1] }, why: null });
  assert.deepEqual(parseJson('null'), { value: null, why: null });
  const { value, why } = parseJson('{"a":');
  assert.equal(value, undefined);
  assert.match(why ?? '', /JSON/);
});

for (const [value, expected] of [
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [0, false],
] as const)
  it(`${JSON.stringify(value)} ${expected ? 'is' : 'is not'} an object`, () =>
    assert.equal(isJsonObject(value), expected));
