// The block in AGENTS.md: added once, updated in place, removed completely.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { hasSnippet, snippet, withoutSnippet, withSnippet } from './snippet.ts';

it('is added once, at the end of the document', () => {
  const document = withSnippet('# My project\n');
  assert.equal(document, `# My project\n\n${snippet()}`);
  assert.equal(withSnippet(document), document);
  assert.ok(hasSnippet(document));
});

it('is updated in place', () => {
  const old = '# A\n\n<!-- babysit: begin -->\nold words\n<!-- babysit: end -->\n\n# B\n';
  assert.equal(withSnippet(old), `# A\n\n${snippet()}\n# B\n`);
});

it('is removed without a change to a document that ends in a line break', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const document = text === '' ? '' : `${text}\n`;
      assert.equal(withoutSnippet(withSnippet(document)), document);
    }),
  );
});
