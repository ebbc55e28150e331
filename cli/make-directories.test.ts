// Directories with their parents, also where the kernel does not let any be made.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { makeDirectories } from './make-directories.ts';

it('creates parents, twice without an error', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'bs-'));
  t.after(() => rmSync(base, { recursive: true }));
  for (let times = 0; times < 2; times++) makeDirectories(join(base, 'a/b/c'), 0o700);
  for (const dir of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(base, dir)).mode & 0o777, 0o700);
});

it('fails under /proc', () =>
  assert.throws(() => makeDirectories('/proc/absent/a/b'), /ENOENT|EACCES|EPERM/));
