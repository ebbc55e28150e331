// Files of a task: which ones a pattern means, and when one has grown.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { ObservedFiles, observedPaths } from './observed-files.ts';

describe('the observed files', () => {
  it('are those that a pattern matches, beginning in the directory of the task', async (t) => {
    const dir = tempDir(t);
    for (const run of ['run-1', 'run-2']) mkdirSync(join(dir, run));
    for (const file of ['run-1/a.log', 'run-2/b.log', 'run-2/c.txt', 'top.log'])
      writeFileSync(join(dir, file), '');
    const namesOf = async (...patterns: string[]) =>
      (await observedPaths(patterns, dir)).map((path) => path.slice(dir.length + 1)).sort();
    assert.deepEqual(await namesOf('run-?/*.log', 'top.log', 'run-1/a.log'), [
      'run-1/a.log',
      'run-2/b.log',
      'top.log',
    ]);
    assert.deepEqual(await namesOf(join(dir, 'run-2/*')), ['run-2/b.log', 'run-2/c.txt']);
    assert.deepEqual(await namesOf('none/*.log'), []);
  });

  it('are a sign of life when one grows, appears or is written again, and no device or directory is', async (t) => {
    const dir = tempDir(t);
    const [old, log] = [join(dir, 'old.log'), join(dir, 'new.log')];
    writeFileSync(old, 'from before');
    utimesSync(old, 1, 1);
    mkdirSync(join(dir, 'dir.log'));
    symlinkSync('/dev/zero', join(dir, 'zero.log'));
    const files = new ObservedFiles();
    let wallMs = 1_000_000;
    /** True when a look finds a growth that the looks before it did not. */
    const grows = async () => {
      wallMs += 1000;
      const before = files.look(['*.log'], dir, 500_000, wallMs);
      const idle = () => files.look([], dir, 500_000, wallMs);
      await waitUntil(() => !files.isLooking, { what: 'the end of the look' });
      return idle() !== before;
    };
    assert.equal(await grows(), false);
    appendFileSync(old, ' more');
    assert.equal(await grows(), true);
    assert.equal(await grows(), false);
    writeFileSync(log, 'first');
    assert.equal(await grows(), true);
    truncateSync(log);
    assert.equal(await grows(), false);
    appendFileSync(log, 'x');
    assert.equal(await grows(), true);
  });
});
