// The store of named pipes, with mkfifo(1).
import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { TOOLS } from '../../test/support/build/build-launch.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { openPipeStore } from './pipe-store.ts';

it('gives pipes that it has made before, and leaves the others to the supervisor', async (t) => {
  const root = tempDir(t, () => store.close());
  const dir = join(root, 'pipes');
  const store = openPipeStore(dir, TOOLS.path);
  const [out, err] = [join(root, '1.out'), join(root, '1.err')];
  store.give([out, err]);
  assert.ok(!existsSync(out));
  await waitUntil(
    () => {
      store.give([out]);
      return existsSync(out);
    },
    { what: 'the pipes' },
  );
  store.give([err]);
  for (const path of [out, err]) {
    const { mode } = statSync(path);
    assert.deepEqual([statSync(path).isFIFO(), mode & 0o777], [true, 0o600]);
  }
  // Another process has removed the rest.
  rmSync(dir, { recursive: true });
  store.give([join(root, '2.out')]);
  assert.ok(!existsSync(join(root, '2.out')));
});
