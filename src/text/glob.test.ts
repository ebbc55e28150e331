// Shell patterns for one name.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { hasWildcard, matcherOf } from './glob.ts';

const TABLE: [string, string[], string[]][] = [
  ['*.log', ['a.log', 'b c.log'], ['.log', 'a.logs', 'alog']],
  ['run-?.txt', ['run-1.txt'], ['run-10.txt', 'run-.txt']],
  ['part[0-9]', ['part7'], ['partx', 'part10']],
  ['part[!0-9]', ['partx'], ['part7']],
  ['.*', ['.cache'], ['cache']],
  ['a+(b)*', ['a+(b)', 'a+(b)c'], ['aab']],
  ['[z-a', ['[z-a'], ['z']],
  ['[z-a]', ['[z-a]'], ['z']],
];
for (const [pattern, yes, no] of TABLE)
  it(`${pattern} matches ${yes.join(', ')} and not ${no.join(', ')}`, () => {
    const isMatch = matcherOf(pattern);
    assert.deepEqual([yes.filter(isMatch), no.filter(isMatch)], [yes, []]);
  });

it('accepts any pattern, and a name without wildcards matches itself', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const isMatch = matcherOf(name);
      if (!hasWildcard(name)) assert.ok(isMatch(name));
    }),
  );
});
