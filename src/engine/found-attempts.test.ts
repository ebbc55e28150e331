// What a daemon finds at its start while the host has no free file descriptor.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { taskId } from '../../test/support/build/build-task.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { withoutDescriptors } from '../../test/support/without-descriptors.ts';

it('leaves alone what a shortage keeps it from reading', (t) => {
  const home = tempDir(t);
  const [tasksDir, lostDir, id] = [join(home, 'tasks'), join(home, 'tasks.lost'), taskId(5)];
  mkdirSync(join(tasksDir, id, '1'), { recursive: true });
  const printed = withoutDescriptors(`
const { findAttempts } = await import(${JSON.stringify(join(import.meta.dirname, 'found-attempts.ts'))});
const found = findAttempts({
  // Looked up between the names and the files of the tasks.
  store: { attemptCounts: () => ({ get: () => void exhaust() }) },
  driver: { kind: 'v2', list: () => [] },
  ...${JSON.stringify({ tasksDir, lostDir })},
});
console.log(JSON.stringify(found));
`);
  assert.deepEqual(JSON.parse(printed), { attempts: [], putAside: [], leftAlone: [], unread: [id] });
  assert.ok(existsSync(join(tasksDir, id, '1')));
});
