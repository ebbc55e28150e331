// Every table of docs/guide/coming-from.md has a test file.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

it('one test file exercises each section of the page', () => {
  const headings = [...read('docs/guide/coming-from.md').matchAll(/^## (.*)$/gm)].map(
    ([, heading]) => heading,
  );
  const exercised = globSync(['test/coming-from/*.test.ts', 'test/guest/*.test.ts'], { cwd: ROOT }).flatMap(
    (file) => [...read(file).matchAll(/^exerciseSection\(\s*'(.*)'/gm)].map(([, section]) => section),
  );
  assert.deepEqual(exercised.sort(), headings.sort());
});
